//! `train` as a learner runs it.
