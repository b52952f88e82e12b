//! Lines as strings.
