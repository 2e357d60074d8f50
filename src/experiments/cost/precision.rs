//! How many bytes a stored number takes.

/// The precision in which weights and cache are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Precision {
    /// 4 bytes ‖ 4 字节
    F32,
    /// 2 bytes ‖ 2 字节
    F16,
    /// 2 bytes ‖ 2 字节
    Bf16,
    /// 1 byte ‖ 1 字节
    Int8,
    /// Half a byte ‖ 半个字节
    Int4,
}

impl Precision {
    /// Those that differ in size.
    pub const SIZES: [Self; 4] = [Self::F32, Self::F16, Self::Int8, Self::Int4];

    /// Bytes of one number; scales of int8 and int4 are not counted.
    pub fn bytes(self) -> f64 {
        match self {
            Self::F32 => 4.0,
            Self::F16 | Self::Bf16 => 2.0,
            Self::Int8 => 1.0,
            Self::Int4 => 0.5,
        }
    }

    /// The name in the field.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
            Self::Int8 => "int8",
            Self::Int4 => "int4",
        }
    }
}
