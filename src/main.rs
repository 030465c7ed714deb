//! stepwell: runs an AWS AppSync application on your own machine.
//!
//! The process edge: command line, settings, wiring and HTTP. Services live in `crates/`; the one place where they meet
//! is [`wiring`].

mod backends;
mod cli;
mod commands;
mod config;
mod http;
mod telemetry;
mod wiring;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("stepwell: {error:#}");
            // 1 is an answer of `replay`.
            if matches!(cli.command, Some(Command::Replay(_))) { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

fn run(cli: &Cli) -> anyhow::Result<ExitCode> {
    let config = config::load(cli.settings.config.as_deref(), std::env::vars(), cli.layer())?;
    log_to_stderr(config.log_format.value);
    match &cli.command {
        None | Some(Command::Run { .. }) => commands::run::run(&config),
        Some(Command::Check { .. }) => commands::check::check(&config),
        Some(Command::Token { user, id }) => commands::token::token(&config, user, *id),
        Some(Command::Fork(fork)) => commands::fork::fork(&config, fork),
        Some(Command::Replay(replay)) => commands::replay::replay(&config, replay),
        Some(Command::Trace(trace)) => commands::trace::trace(&config, trace),
        Some(Command::Graph { what, .. }) => commands::graph::graph(&config, what.as_deref()),
        Some(Command::Config) => {
            print!("{config}");
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Warnings, errors, what Lambda functions write, and what state machines and APIs with a logging configuration log, or what `STEPWELL_LOG` asks for.
fn log_to_stderr(format: config::LogFormat) {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_env("STEPWELL_LOG")
        .unwrap_or_else(|_| EnvFilter::new("warn,lambda=info,stepwell::execution_log=info,stepwell::api_log=info"));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        config::LogFormat::Text => lines.init(),
        config::LogFormat::Json => lines.json().flatten_event(true).init(),
    }
}
