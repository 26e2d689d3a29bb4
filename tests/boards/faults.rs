//! The kit finds what it is for: a driver without a fault passes all of it, and each fault that is
//! planted in the same driver is named.

use libtest_mimic::{Failed, Trial};

use crate::kit::{self, Finding};
use crate::model::{Fault, Model};

pub fn trials() -> Vec<Trial> {
    let faults = Fault::ALL.iter().map(|(fault, cause)| {
        let name = format!("kit::finds::{fault:?}");
        Trial::test(name, move || {
            let finding = find(Some(*fault)).ok_or("no scene finds it")?;
            println!("{fault:?}: {finding}");
            match finding.cause == *cause {
                true => Ok(()),
                false => Err(format!("it is taken for another one: {finding}").into()),
            }
        })
    });
    let none = Trial::test("kit::a_driver_without_a_fault_passes", || {
        match find(None) {
            None => Ok(()),
            Some(finding) => Err(Failed::from(finding)),
        }
    });
    faults.chain([none]).collect()
}

/// What the first scene finds that finds something. The board starts anew for each.
fn find(fault: Option<Fault>) -> Option<Finding> {
    let scenes = [kit::SCENES, kit::LINK_SCENES, kit::IPV6_SCENES].concat();
    scenes.iter().find_map(|(_, scene)| {
        let outcome = Model::boot(fault).and_then(|(_model, mut bench)| scene(&mut bench));
        outcome.err()
    })
}
