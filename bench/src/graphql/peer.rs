//! The other servers: programs for Node.js in bench/graphql/peers.

use std::{net::SocketAddr, path::PathBuf, process::Stdio};

use anyhow::{Context, ensure};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

use crate::{
    load::Measured,
    process,
    server::{Server, root},
};

/// A server written in JavaScript.
pub(super) struct Peer {
    address: SocketAddr,
    child: Child,
    /// Kept open: whoever prints into a closed pipe dies of it.
    _output: Lines<BufReader<ChildStdout>>,
}

fn folder(program: &str) -> PathBuf {
    root().join("bench/graphql/peers").join(program)
}

/// Installs a peer where it is not: exactly what its package-lock.json says.
async fn install(program: &str) -> anyhow::Result<()> {
    let folder = folder(program);
    if folder.join("node_modules").exists() {
        return Ok(());
    }
    eprintln!("npm ci in {}", folder.display());
    let arguments = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
    let status = Command::new("npm").args(arguments).current_dir(folder).status().await.context("npm of Node.js")?;
    ensure!(status.success(), "npm ci: {status}");
    Ok(())
}

impl Peer {
    /// Starts `program` and waits until it says its port.
    pub(super) async fn start(program: &str, tables: &Server) -> anyhow::Result<Self> {
        install(program).await?;
        let mut child = Command::new("node")
            .arg("server.mjs")
            .current_dir(folder(program))
            .env("NODE_ENV", "production")
            .env("API_KEY", &tables.api_key)
            .env("DYNAMODB_ENDPOINT", format!("http://{}", tables.address()))
            .env("AWS_ACCESS_KEY_ID", &tables.credentials.access_key_id)
            .env("AWS_SECRET_ACCESS_KEY", &tables.credentials.secret_access_key)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("start node")?;
        let mut lines = BufReader::new(child.stdout.take().context("its output")?).lines();
        while let Some(line) = lines.next_line().await? {
            if let Some(port) = line.strip_prefix("port ") {
                let address = SocketAddr::from(([127, 0, 0, 1], port.parse()?));
                return Ok(Self { address, child, _output: lines });
            }
        }
        anyhow::bail!("{program} ended before it was ready")
    }
}

impl Measured for Peer {
    fn address(&self) -> SocketAddr {
        self.address
    }

    fn cpu_micros(&self) -> anyhow::Result<f64> {
        process::cpu_micros(&self.child.id().context("it has ended")?.to_string())
    }
}
