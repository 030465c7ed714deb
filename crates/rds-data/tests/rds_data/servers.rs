//! Database servers for tests: a data folder and a Unix socket in a temporary folder, stopped at the end.
//!
//! `initdb` and `mariadbd` refuse to run as root, so root runs them as `nobody`.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, Weak},
};

/// User and group `nobody`.
const NOBODY: u32 = 65534;
const POSTGRES_HOMES: &str = "/usr/lib/postgresql";

/// A running server. The last handle stops it.
pub(crate) struct Server {
    folder: tempfile::TempDir,
    /// `postgres://...` or `mysql://...`, with a database.
    pub(crate) url: String,
    kind: Kind,
}

enum Kind {
    /// `pg_ctl` started it.
    Postgres,
    /// Our own child.
    MariaDb(Child),
}

/// The PostgreSQL of this test process.
pub(crate) fn postgres() -> Arc<Server> {
    static SHARED: Mutex<Weak<Server>> = Mutex::new(Weak::new());
    shared(&SHARED, Server::start_postgres)
}

/// The MariaDB of this test process.
#[allow(dead_code, reason = "not every test binary that includes this file has tests of MySQL")]
pub(crate) fn mariadb() -> Arc<Server> {
    static SHARED: Mutex<Weak<Server>> = Mutex::new(Weak::new());
    shared(&SHARED, Server::start_mariadb)
}

fn shared(place: &Mutex<Weak<Server>>, start: fn() -> Server) -> Arc<Server> {
    let mut place = place.lock().unwrap_or_else(|broken| broken.into_inner());
    place.upgrade().unwrap_or_else(|| {
        let server = Arc::new(start());
        *place = Arc::downgrade(&server);
        server
    })
}

impl Server {
    fn start_postgres() -> Self {
        let folder = folder();
        let (data, socket) = (folder.path().join("data"), folder.path().display().to_string());
        let data_text = data.display().to_string();
        run(&program("initdb"), &["-D", &data_text, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]);
        let options = format!("-c listen_addresses='' -c fsync=off -k '{socket}'");
        let log = folder.path().join("log").display().to_string();
        run(&program("pg_ctl"), &["-D", &data_text, "-w", "-l", &log, "-o", &options, "start"]);
        let url = format!("postgres:///postgres?user=postgres&host={}", socket.replace('/', "%2F"));
        Self { folder, url, kind: Kind::Postgres }
    }

    fn start_mariadb() -> Self {
        let folder = folder();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let (data, socket) = (path("data"), path("socket"));
        let data_folder = format!("--datadir={data}");
        let install = "--auth-root-authentication-method=normal";
        run(&program("mariadb-install-db"), &["--no-defaults", &data_folder, install, "--skip-test-db"]);
        let (at, pid) = (format!("--socket={socket}"), format!("--pid-file={}", path("pid")));
        let arguments =
            ["--no-defaults", &data_folder, &at, &pid, "--skip-networking", "--character-set-server=utf8mb4"];
        let mut child = as_nobody(&program("mariadbd"), &arguments);
        let child = child.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("mariadbd starts");
        run(&program("mariadb-admin"), &["--no-defaults", "--user=root", &at, "--wait=60", "ping"]);
        run(&program("mariadb-admin"), &["--no-defaults", "--user=root", &at, "create", "demo"]);
        let url = format!("mysql://root@localhost/demo?socket={}", socket.replace('/', "%2F"));
        Self { folder, url, kind: Kind::MariaDb(child) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        match &mut self.kind {
            Kind::Postgres => {
                let data = self.folder.path().join("data").display().to_string();
                run(&program("pg_ctl"), &["-D", &data, "-m", "immediate", "stop"]);
            }
            Kind::MariaDb(child) => {
                child.kill().expect("it runs");
                child.wait().expect("it ends");
            }
        }
    }
}

/// A temporary folder that the server's user owns.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    if is_root() {
        std::os::unix::fs::chown(folder.path(), Some(NOBODY), Some(NOBODY)).expect("root may give folders away");
    }
    folder
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().expect("id");
    id.stdout.starts_with(b"0\n")
}

/// A program in `PATH`, in `/usr/sbin`, or where Debian keeps PostgreSQL's.
fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let homes = std::fs::read_dir(POSTGRES_HOMES).into_iter().flatten().flatten();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    let folders = folders.chain(homes.map(|home| home.path().join("bin")));
    let found = folders.map(|folder| folder.join(name)).find(|file| file.is_file());
    found.unwrap_or_else(|| panic!("{name} is not installed: ./ci.sh 'database servers' installs it"))
}

/// A command that does not run as root.
fn as_nobody(program: &Path, arguments: &[&str]) -> Command {
    let mut command = if is_root() {
        let mut command = Command::new("setpriv");
        command.args([&format!("--reuid={NOBODY}"), &format!("--regid={NOBODY}"), "--clear-groups"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.args(arguments).current_dir("/").env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
    command
}

fn run(program: &Path, arguments: &[&str]) {
    // A server that lives on keeps the pipe of its output open, so there is none.
    let mut command = as_nobody(program, arguments);
    let ended = command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("it starts");
    assert!(ended.success(), "{program:?} {arguments:?}: {ended}");
}
