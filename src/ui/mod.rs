//! The page: Yew components over `view`.
