//! `stepwell run`: binds, starts the application, says where it is, and serves until it is told to stop.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
    net::{SocketAddr, TcpListener},
    os::unix::fs::DirBuilderExt,
    process::ExitCode,
    sync::Arc,
};

use anyhow::{Context, bail};
use axum_server::Handle;
use clock::{Clock, RealClock};
use store::SqliteStore;
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    config::Config,
    http::{router, tls},
    wiring::{
        self, Running,
        reload::{self, Outcome, Reload, Reloader},
        values::Addresses,
    },
};

/// Stacks of the runtime's threads, bytes: resolvers run on them, inside their own smaller bound.
const STACK_BYTES: usize = 8 << 20;
/// How long open connections may take to end after Ctrl-C.
const GRACE: std::time::Duration = std::time::Duration::from_secs(5);

/// Runs the application of `config` until Ctrl-C or SIGTERM.
pub(crate) fn run(config: &Config) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .thread_stack_size(STACK_BYTES)
        .enable_all()
        .build()
        .context("start the runtime")?;
    let result = runtime.block_on(serve(config));
    runtime.shutdown_background();
    result.map(|()| ExitCode::SUCCESS)
}

async fn serve(config: &Config) -> anyhow::Result<()> {
    let clock: Arc<dyn Clock> = Arc::new(RealClock);
    let folder = &config.data.value;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("create the data folder {} (choose another with --data)", folder.display()))?;
    let store = Arc::new(SqliteStore::open(folder)?);
    tracing::debug!("the store is open");
    let http = bind(config, config.port.value, "port")?;
    let https = config.tls.value.then(|| bind(config, config.tls_port.value, "tls-port")).transpose()?;
    let addresses = Addresses {
        http: format!("http://{}", http.local_addr()?),
        https: https.as_ref().map(TcpListener::local_addr).transpose()?.map(|address| format!("https://{address}")),
    };
    let tls = {
        let (folder, host, now) = (folder.clone(), config.host.value, clock.now());
        // Beside everything else: gathering entropy for the first key takes tens of milliseconds.
        tokio::task::spawn_blocking(move || tls::server_config(&folder, host, now))
    };
    let running = wiring::start(config, &addresses, store, clock).await?;
    let tls = tls.await.context("make a TLS certificate")??;
    tracing::debug!("everything is started");

    let handle = Handle::new();
    let service = router(running.app.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let mut servers = tokio::task::JoinSet::new();
    let plain = axum_server::from_tcp(http)?.handle(handle.clone()).serve(service.clone());
    servers.spawn(plain);
    if let Some(https) = https {
        let tls = axum_server::tls_rustls::RustlsConfig::from_config(tls);
        servers.spawn(axum_server::from_tcp_rustls(https, tls)?.handle(handle.clone()).serve(service));
    }
    let stopped = stop_signals().context("listen for Ctrl-C")?;
    say(&banner(config, &running));
    if config.watch.value {
        tokio::spawn(reload(running.reloader.clone()));
    }
    tokio::select! {
        () = stopped => {}
        Some(ended) = servers.join_next() => ended?.context("serve")?,
    }
    say(&format!("stopping: open requests have {} seconds\n", GRACE.as_secs()));
    handle.graceful_shutdown(Some(GRACE));
    running.shutdown(config).await;
    while let Some(ended) = servers.join_next().await {
        ended?.context("serve")?;
    }
    Ok(())
}

/// Takes over changes of the application's files, and says what came of it.
async fn reload(reloader: Arc<Reloader>) {
    if let Err(error) = reload::watch(reloader, tell).await {
        eprintln!("stepwell: changes of the application's files are not seen, restart to have them: {error}");
    }
}

fn tell(reload: &Reload) {
    match &reload.outcome {
        Outcome::Failed { reason } => {
            eprintln!(
                "stepwell: {} cannot be taken over; what ran before goes on:\n{reason}\n",
                reload.files.join(", ")
            );
        }
        Outcome::Deployed(deployed) => {
            let what = if deployed.resources.is_empty() { "as before".into() } else { deployed.resources.join(", ") };
            say(&format!("reloaded in {} ms: {what}\n", reload.milliseconds));
            if !deployed.needs_restart.is_empty() {
                let names = deployed.needs_restart.join(", ");
                eprintln!("stepwell: warning: restart to have these changes: {names}");
            }
        }
    }
}

fn bind(config: &Config, port: u16, flag: &str) -> anyhow::Result<TcpListener> {
    let address = SocketAddr::new(config.host.value, port);
    let listener = match TcpListener::bind(address) {
        Ok(listener) => listener,
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            bail!("{address} is in use by another program; choose another port with --{flag} (0 takes a free one)")
        }
        Err(error) => return Err(error).with_context(|| format!("listen on {address}")),
    };
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Prints for whoever looks; nobody may be there any more.
fn say(text: &str) {
    let _ = io::stdout().write_all(text.as_bytes());
}

/// Ctrl-C, or SIGTERM from whoever supervises the process. They are heard from this call on, before anybody waits.
fn stop_signals() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// What a person needs: addresses, the API key, an explorer, a sign-in, and a line to paste. Secrets are named by the
/// file that holds them.
fn banner(config: &Config, running: &Running) -> String {
    let (endpoints, application) = (&running.endpoints, &running.application);
    let data = config.data.value.display();
    let mut text = String::new();
    let mut line = |name: &str, value: &dyn std::fmt::Display| {
        let _ = writeln!(text, "  {name:<14}{value}");
    };
    let http = &endpoints.http;
    for (position, api) in application.apis.iter().enumerate() {
        let (path, explorer) = match position {
            0 => ("/graphql".to_owned(), "/graphiql".to_owned()),
            _ => (format!("/apis/{}/graphql", api.id), format!("/graphiql?api={}", api.id)),
        };
        line("GraphQL", &format_args!("{http}{path}   ({})", api.name));
        if let Some(https) = endpoints.https.as_ref().filter(|_| position == 0) {
            line("", &format_args!("{https}{path}   (trust {data}/ca.pem)"));
        }
        if let Some(key) = api.api_keys.first() {
            line("API key", &key.key);
        }
        line("GraphiQL", &format_args!("{http}{explorer}"));
    }
    for (position, api) in application.event_apis.iter().enumerate() {
        let path = if position == 0 { "/event".to_owned() } else { format!("/apis/{}/event", api.id) };
        line("Events", &format_args!("{http}{path}   ({})", api.name));
        if let Some(key) = api.api_keys.first() {
            line("API key", &key.key);
        }
    }
    line("Operator", &format_args!("{http}/operate"));
    line("AWS CLI", &format_args!("AWS_SHARED_CREDENTIALS_FILE={data}/credentials aws ... --endpoint-url {http}"));
    for pool in endpoints.user_pools.iter().filter(|pool| !pool.users.is_empty()) {
        let users = pool.users.join("|");
        line("Sign in", &format_args!("stepwell token {users}   (pool {}, client {})", pool.id, pool.client_id));
    }
    let mut head = format!("stepwell runs {}: {}\n\n", config.template.value.display(), wiring::summary(application));
    head.push_str(&text);
    if !application.on_aws_only.is_empty() {
        let names = application
            .on_aws_only
            .iter()
            .map(|resource| format!("{} ({})", resource.logical_id, resource.resource_type));
        let _ = writeln!(head, "  {:<14}{}", "On AWS only", names.collect::<Vec<_>>().join(", "));
    }
    for warning in &running.warnings {
        let _ = writeln!(head, "\n{warning}");
    }
    head.push_str(&example(running).unwrap_or_default());
    head.push_str("\nCtrl-C stops it; everything is kept.\n");
    head
}

/// The shipped application's first order, to paste.
fn example(running: &Running) -> Option<String> {
    let api = running.application.apis.first()?;
    let key = &api.api_keys.first()?.key;
    api.resolvers.iter().find(|resolver| resolver.field_name == "placeOrder")?;
    let query = "mutation { placeOrder(input: { customer: \\\"you\\\", items: [{ sku: \\\"tea\\\", quantity: 40, \
                 price: 25 }] }) { id amount status } }";
    Some(format!(
        "\nPlace an order that waits for approval:\n  curl -s {}/graphql -H 'x-api-key: {key}' \\\n    -d \
         '{{\"query\":\"{query}\"}}'\n",
        running.endpoints.http
    ))
}
