//! The memory that the card and the driver have in common.

use core::cell::UnsafeCell;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicUsize, Ordering};

use virtio_drivers::{BufferDirection, Hal, PAGE_SIZE, PhysAddr};

/// Two for each of the two queues, legacy or modern.
const PAGES: usize = 4;

#[repr(align(4096))]
#[expect(dead_code, reason = "the card and the driver use its address")]
struct Page([u8; PAGE_SIZE]);

/// Pages for one card, from the first to the last; none comes back.
struct Pool {
    pages: UnsafeCell<[Page; PAGES]>,
    taken: AtomicUsize,
}

// SAFETY: each page is handed out once, to the call that has moved `taken` past it.
unsafe impl Sync for Pool {}

static POOL: Pool = Pool {
    pages: UnsafeCell::new([const { Page([0; PAGE_SIZE]) }; PAGES]),
    taken: AtomicUsize::new(0),
};

impl Pool {
    fn take(&self, pages: usize) -> Option<NonNull<u8>> {
        let room = |taken: usize| taken.checked_add(pages).filter(|taken| *taken <= PAGES);
        let order = Ordering::Relaxed;
        let first = self.taken.fetch_update(order, order, room).ok()?;
        // No reference is made of it: what was handed out belongs to others.
        NonNull::new(self.pages.get().cast::<Page>().wrapping_add(first).cast())
    }
}

/// Memory as this machine has it: an address is the same for the card and the processor, and
/// neither sees old contents (no translation, no caches to be told).
pub struct Memory;

// SAFETY: what `dma_alloc` returns are pages of a static, aligned, zeroed as none was ever in use,
// and handed out once. `share` may return the buffer's own address, as said above.
unsafe impl Hal for Memory {
    fn dma_alloc(pages: usize, _: BufferDirection) -> (PhysAddr, NonNull<u8>) {
        match POOL.take(pages) {
            Some(first) => (first.as_ptr() as PhysAddr, first),
            // 0 is how the caller is told.
            None => (0, NonNull::dangling()),
        }
    }

    unsafe fn dma_dealloc(_: PhysAddr, _: NonNull<u8>, _: usize) -> i32 {
        0
    }

    unsafe fn mmio_phys_to_virt(address: PhysAddr, _: usize) -> NonNull<u8> {
        // Only a card on a PCI bus has a need for it.
        panic!("no memory of a peripheral at {address:#x}")
    }

    unsafe fn share(buffer: NonNull<[u8]>, _: BufferDirection) -> PhysAddr {
        buffer.as_ptr().cast::<u8>() as PhysAddr
    }

    unsafe fn unshare(_: PhysAddr, _: NonNull<[u8]>, _: BufferDirection) {}
}
