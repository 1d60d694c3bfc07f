//! `cargo xtask serve`: the playground at a printed address, from whatever state the machine is in.

use crate::http::Server;
use crate::{Result, dist, paths};

/// The first port that is tried when none is asked for.
const PORT: u16 = 8080;

/// What the command line asked for.
struct Options {
    port: Option<u16>,
    base: String,
    build: bool,
}

/// Builds the page unless told not to, then serves it until the program is stopped.
pub fn run(args: &[String]) -> Result<()> {
    let options = Options::parse(args)?;
    if options.build {
        dist::build()?;
    }
    let server = options.bind()?;
    println!("\nHighwater is at {} (stop it with Ctrl+C)", server.address()?);
    server.run();
    Ok(())
}

impl Options {
    fn parse(args: &[String]) -> Result<Options> {
        let mut options = Options { port: None, base: "/".to_string(), build: true };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or(format!("{arg} needs a value"));
            match arg.as_str() {
                "--port" => {
                    let port = value()?;
                    options.port = Some(port.parse().map_err(|_| format!("\"{port}\" is not a port (0 to 65535)"))?);
                }
                "--base" => options.base = value()?.clone(),
                "--no-build" => options.build = false,
                other => {
                    return Err(format!("serve does not know \"{other}\"; it takes --port, --base and --no-build"));
                }
            }
        }
        Ok(options)
    }

    /// Takes the port that was asked for; else the usual one, or any that is free.
    fn bind(&self) -> Result<Server> {
        let folder = paths::dist();
        match self.port {
            Some(port) => Server::bind(&folder, port, &self.base),
            None => Server::bind(&folder, PORT, &self.base).or_else(|_| Server::bind(&folder, 0, &self.base)),
        }
    }
}
