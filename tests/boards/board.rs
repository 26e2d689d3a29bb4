//! The boards that can be emulated, and what describes a board.

use std::ops::Range;

use crate::cable::Addresses;
use crate::kit::Traits;
use crate::stock;

/// A board: a folder in `examples`, and what emulates it.
pub struct Board {
    /// Ours for it.
    pub name: &'static str,
    /// The folder of its firmware.
    pub folder: &'static str,
    /// What it is compiled for, if that is not what its folder says.
    pub target: Option<&'static str>,
    /// The options of `cargo build` that give its firmware the address of the tests, where it has another
    /// one, or asks the network.
    pub options: &'static str,
    /// The emulator and the machine that it emulates.
    pub emulator: &'static [&'static str],
    /// How the emulator is told to plug the network into its card.
    pub card: &'static [&'static str],
    /// The memory of its statics and its stack, as in its `memory.x`.
    pub ram: Range<u32>,
    /// The longest frame, with its header.
    pub mtu: usize,
    /// The emulator, too, fills short frames up to 60 bytes, as the controller does.
    pub pads: bool,
    /// It is no emulated board, but there already.
    pub reached: Option<Reached>,
}

impl Board {
    /// One of [`BOARDS`].
    pub fn named(name: &str) -> &'static Self {
        let mut boards = BOARDS.iter();
        let board = boards.find(|board| board.name == name);
        board.expect("one of the boards")
    }
}

/// A board that is reached over an interface of this host.
pub struct Reached {
    pub interface: &'static str,
    pub addresses: Addresses,
}

/// The boards that can be emulated.
pub const BOARDS: &[Board] = &[
    Board {
        name: "lm3s6965evb",
        folder: "lm3s6965evb",
        emulator: &["qemu-system-arm", "-machine", "lm3s6965evb"],
        card: &["-net", "nic,model=stellaris,netdev=network"],
        ram: 0x2000_0000..0x2001_0000,
        ..Board::NONE
    },
    MPS2_AN385,
    Board {
        name: "mps2-an386",
        target: Some("thumbv7em-none-eabi"),
        emulator: &["qemu-system-arm", "-machine", "mps2-an386"],
        ..MPS2_AN385
    },
    Board {
        name: "mps2-an500",
        target: Some("thumbv7em-none-eabihf"),
        emulator: &["qemu-system-arm", "-machine", "mps2-an500"],
        ..MPS2_AN385
    },
    Board {
        name: "mps2-an505",
        target: Some("thumbv8m.main-none-eabi"),
        emulator: &["qemu-system-arm", "-machine", "mps2-an505"],
        ram: 0x3800_0000..0x3840_0000,
        ..MPS2_AN385
    },
    RISCV32_VIRT,
    Board {
        name: "riscv32-virt-modern",
        emulator: &[
            "qemu-system-riscv32",
            "-machine",
            "virt",
            "-bios",
            "none",
            "-global",
            "virtio-mmio.force-legacy=false",
        ],
        ..RISCV32_VIRT
    },
    Board {
        name: "zynq-a9",
        folder: "zynq-a9",
        options: "--no-default-features --features unicode",
        emulator: &["qemu-system-arm", "-machine", "xilinx-zynq-a9"],
        card: &["-net", "nic,model=cadence_gem,netdev=network"],
        ram: 0x0010_0000..0x0020_0000,
        pads: false,
        ..Board::NONE
    },
];

impl Board {
    /// What each board has, if nothing else is said.
    pub const NONE: Self = Self {
        name: "",
        folder: "",
        target: None,
        options: "",
        emulator: &[],
        card: &[],
        ram: 0..0,
        mtu: 1514,
        pads: true,
        reached: None,
    };

    /// What the driver kit has to know of it.
    pub fn traits(&self) -> Traits {
        Traits {
            mtu: self.mtu,
            pads: self.pads,
            patience: stock::PATIENCE,
            start: 3 * stock::PATIENCE,
        }
    }
}

const MPS2_AN385: Board = Board {
    name: "mps2-an385",
    folder: "mps2",
    emulator: &["qemu-system-arm", "-machine", "mps2-an385"],
    card: &["-net", "nic,model=lan9118,netdev=network"],
    ram: 0x2000_0000..0x2040_0000,
    pads: false,
    ..Board::NONE
};

/// Its network card is virtio's as it once was, if the emulator is not told otherwise.
const RISCV32_VIRT: Board = Board {
    name: "riscv32-virt",
    folder: "riscv32-virt",
    emulator: &["qemu-system-riscv32", "-machine", "virt", "-bios", "none"],
    card: &["-device", "virtio-net-device,netdev=network"],
    ram: 0x8000_0000..0x8010_0000,
    pads: false,
    ..Board::NONE
};
