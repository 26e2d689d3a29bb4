//! The steps, as they are printed.

use crate::command::failure::Failure;
use crate::command::obstacle::Obstacle;
use crate::command::output::Output;

/// Prints a line for each step, and what to do at the first that fails.
pub struct Checklist {
    output: Output,
}

impl Checklist {
    /// A list below this title.
    pub fn begin(mut output: Output, title: &str) -> Result<Self, Failure> {
        output.print(format!("{title}\n"))?;
        Ok(Self { output })
    }

    /// A step that was done.
    ///
    /// # Errors
    /// It has failed, which was printed; or it could not be printed.
    pub fn step<T>(
        &mut self,
        name: &str,
        result: Result<T, Obstacle>,
        success: impl FnOnce(&T) -> String,
    ) -> Result<T, Failure> {
        match result {
            Ok(value) => {
                let success = success(&value);
                self.output
                    .print(format!("  ok      {name}: {success}\n"))?;
                Ok(value)
            }
            Err(Obstacle { what, mend }) => {
                self.output.print(format!(
                    "  failed  {name}: {what}\n          what mends it: {mend}\n"
                ))?;
                Err(Failure::Said(1))
            }
        }
    }
}
