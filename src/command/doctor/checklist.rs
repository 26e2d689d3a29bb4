//! The steps, as they are printed.

use uppercase::trace::json::{Object, array};

use crate::command::failure::Failure;
use crate::command::obstacle::Obstacle;
use crate::command::output::Output;

/// Prints a line for each step, and what to do at the first that fails; or, as JSON, all at the end.
pub struct Checklist {
    output: Output,
    title: String,
    /// What is printed at the end.
    steps: Option<Vec<String>>,
}

impl Checklist {
    /// A list below this title, a command.
    pub fn begin(mut output: Output, title: &str, as_json: bool) -> Result<Self, Failure> {
        if !as_json {
            output.print(format!("{title}\n"))?;
        }
        Ok(Self {
            output,
            title: title.into(),
            steps: as_json.then(Vec::new),
        })
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
        let told = match &result {
            Ok(value) => Ok(success(value)),
            Err(obstacle) => Err(obstacle),
        };
        match &mut self.steps {
            Some(steps) => steps.push(object(name, &told)),
            None => self.output.print(line(name, &told))?,
        }
        match result {
            Ok(value) => Ok(value),
            Err(_) => {
                self.print(false)?;
                Err(Failure::Said(1))
            }
        }
    }

    /// Ends the list: all went well.
    pub fn end(mut self) -> Result<(), Failure> {
        self.print(true)
    }

    fn print(&mut self, is_ok: bool) -> Result<(), Failure> {
        let Some(steps) = self.steps.take() else {
            return Ok(());
        };
        let mut report = Object::new();
        report.text("report", "doctor");
        report.text("command", &self.title);
        report.flag("ok", is_ok);
        report.raw("steps", &array(steps));
        self.output.print(report.end() + "\n")
    }
}

fn line(name: &str, told: &Result<String, &Obstacle>) -> String {
    match told {
        Ok(success) => format!("  ok      {name}: {success}\n"),
        Err(Obstacle { what, mend }) => {
            format!("  failed  {name}: {what}\n          what mends it: {mend}\n")
        }
    }
}

fn object(name: &str, told: &Result<String, &Obstacle>) -> String {
    let mut step = Object::new();
    step.text("name", name);
    step.flag("ok", told.is_ok());
    match told {
        Ok(success) => step.text("what", success),
        Err(Obstacle { what, mend }) => {
            step.text("what", what);
            step.text("remedy", mend);
        }
    }
    step.end()
}
