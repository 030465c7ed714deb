//! `stepwell check`: everything that a start would find wrong, without starting anything.

use std::{process::ExitCode, sync::Arc};

use clock::RealClock;
use template::{Derived, Disk};

use crate::{config::Config, wiring};

/// Prints what is wrong with the application, or what it consists of.
pub(crate) fn check(config: &Config) -> anyhow::Result<ExitCode> {
    let derived = Derived { region: config.region.value.clone(), stack_name: config.stack_name.value.clone() };
    match wiring::load(config, &derived, &Disk)
        .and_then(|loaded| wiring::check(config, &loaded, Arc::new(RealClock)).map(|()| loaded))
    {
        Ok(loaded) => {
            for warning in &loaded.warnings {
                eprintln!("{warning}\n");
            }
            println!("{} is valid: {}", config.template.value.display(), wiring::summary(&loaded.application));
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            eprintln!("{error}");
            Ok(ExitCode::FAILURE)
        }
    }
}
