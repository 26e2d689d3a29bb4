//! The methods that build a configuration, one for each of its fields.

/// Defines them: `with_field(field: Type);` is a method that sets the public field.
macro_rules! setters {
    ($($with:ident($field:ident: $type:ty);)*) => {$(
        #[doc = concat!("Sets [`", stringify!($field), "`](Self::", stringify!($field), ").")]
        #[must_use]
        pub const fn $with(mut self, $field: $type) -> Self {
            self.$field = $field;
            self
        }
    )*};
}

pub(crate) use setters;
