//! What is drawn, as plain data: a function of the engine's state and virtual time.
