//! Attaching to an interface, with the offload that there is.

use std::fs::File;

use log::info;
use rustix::io::Errno;

use super::{Mode, OpenError, Options, driver, header};

/// Opens `/dev/net/tun`.
pub(super) fn open_driver() -> Result<File, OpenError> {
    // A container's device rules give EPERM, the permissions of the file EACCES.
    driver::open().map_err(|error| match Errno::from_io_error(&error) {
        Some(Errno::ACCESS) => OpenError::DriverPermission(error),
        _ => OpenError::NoDriver(error),
    })
}

/// What the kernel does for us.
#[derive(Clone, Copy, Default)]
pub(super) struct Offload {
    /// Checksums, and the cutting of TCP segments.
    pub segments: bool,
    /// The cutting of UDP datagrams.
    pub datagrams: bool,
}

/// Attaches to the interface. Returns with which offload.
pub(super) fn attach(
    name: &str,
    mode: Mode,
    exists: bool,
    options: Options,
) -> Result<(File, Offload), OpenError> {
    let failed = |error| match error {
        Errno::PERM => OpenError::Permission {
            name: name.into(),
            mode,
            exists,
        },
        Errno::BUSY => OpenError::Busy(name.into()),
        error => OpenError::Io {
            name: name.into(),
            doing: "attaching to the interface",
            source: error.into(),
        },
    };
    let driver = open_driver()?;
    let known = driver::knows_headers(&driver);
    if options.offload && known {
        driver::attach(&driver, name, mode, true).map_err(failed)?;
        let datagrams = driver::cuts_datagrams(&driver);
        let agreed = driver::set_header(&driver, header::LENGTH as i32)
            .and_then(|()| driver::set_offload(&driver, true));
        match agreed {
            Ok(()) => {
                let offload = Offload {
                    segments: true,
                    datagrams,
                };
                return Ok((driver, offload));
            }
            Err(error) => info!("{name}: no offload, the kernel does not agree: {error}"),
        }
        // Without the headers, if without offload; and that takes another file.
        drop(driver);
        return attach(name, mode, exists, options.without_offload());
    }
    if options.offload {
        info!("{name}: no offload, the kernel does not know it");
    }
    driver::attach(&driver, name, mode, false).map_err(failed)?;
    if known {
        // It would stay as the program before wanted it, and frames would come that are longer
        // than the MTU or lack their checksums.
        driver::set_offload(&driver, false).map_err(failed)?;
    }
    Ok((driver, Offload::default()))
}
