//! GPT-2's printable stand-ins for the 256 bytes (Radford et al. 2019): the printable ones stand for
//! themselves, the others for U+0100, U+0101, …: a space is written `Ġ`, a newline `Ċ`. Vocabulary
//! files hold pieces in this form.

use std::sync::LazyLock;

/// Whether a byte stands for itself.
const fn printable(byte: u8) -> bool {
    matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF)
}

/// The stand-in of each byte.
static CHARS: LazyLock<[char; 256]> = LazyLock::new(|| {
    let mut chars = ['\0'; 256];
    let mut next = 0x100;
    for byte in 0..=255u8 {
        chars[byte as usize] = if printable(byte) {
            byte as char
        } else {
            next += 1;
            char::from_u32(next - 1).unwrap_or('\0')
        };
    }
    chars
});

/// The byte behind each stand-in up to U+0143.
static BYTES: LazyLock<[Option<u8>; 0x144]> = LazyLock::new(|| {
    let mut bytes = [None; 0x144];
    for byte in 0..=255u8 {
        bytes[CHARS[byte as usize] as usize] = Some(byte);
    }
    bytes
});

/// The character that stands for a byte.
///
/// ```
/// use llm_lab::tokenizer::bytes;
/// assert_eq!(bytes::to_char(b'a'), 'a');
/// assert_eq!(bytes::to_char(b' '), 'Ġ');
/// ```
pub fn to_char(byte: u8) -> char {
    CHARS[byte as usize]
}

/// The byte that a character stands for.
pub fn from_char(c: char) -> Option<u8> {
    BYTES.get(c as usize).copied().flatten()
}

/// The bytes in the order of their stand-ins' code points, which is the order of their ids.
pub fn ordered() -> impl Iterator<Item = u8> {
    (0..=255u8).filter(|b| printable(*b)).chain((0..=255u8).filter(|b| !printable(*b)))
}

/// Bytes as a printable string.
///
/// ```
/// use llm_lab::tokenizer::bytes;
/// assert_eq!(bytes::write(" 中".as_bytes()), "Ġä¸Ń");
/// assert_eq!(bytes::read("Ġä¸Ń").unwrap(), " 中".as_bytes());
/// assert_eq!(bytes::read("中"), None);
/// ```
pub fn write(bytes: &[u8]) -> String {
    bytes.iter().map(|b| to_char(*b)).collect()
}

/// The bytes that a printable string stands for, if every character is a stand-in.
pub fn read(text: &str) -> Option<Vec<u8>> {
    text.chars().map(from_char).collect()
}
