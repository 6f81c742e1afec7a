//! A net that arrives at run time, over the air or by a cable: checked whole before it is used; a broken one is refused and the
//! old one stays.
#![no_std]
#![no_main]

use cortex_m_rt::entry;
use cortex_m_semihosting::{debug, hprintln};
use infer_nostd::{Error, Net};
use panic_halt as _;

/// Room for the net that arrives: in a product an area of flash. Any alignment will do; at a multiple of four it is fast.
const ROOM: usize = 16 * 1024;

/// Inputs of a net that is taken, at most.
const INPUTS: usize = 256;

/// What the radio would deliver.
static SENT: &[u8] = include_bytes!("../net.tln");

/// The net that the area starts with, if it is whole.
fn received(area: &[u8]) -> Result<Net<'_>, Error> {
    let needed = Net::file_len(area)?; // by its own word, so it is checked against the area
    let file = area.get(..needed).ok_or(Error::Length { needed, got: area.len() })?;
    Net::from_bytes(file)
}

/// Receives `bytes`, and says what became of them: the class of a row of zeros, or why the net is refused.
fn deliver(area: &mut [u8; ROOM], bytes: impl Iterator<Item = u8>) -> Result<usize, Error> {
    area.fill(0xFF); // as erased flash
    area.iter_mut().zip(bytes).for_each(|(to, byte)| *to = byte);
    let net = received(area)?;
    let mut scratch = [0.0; 64]; // nets of up to H + C = 64; a larger one is an error here
    let zeros = [0u8; INPUTS];
    net.classify(zeros.get(..net.d()).unwrap_or(&zeros), &mut scratch)
}

#[entry]
fn main() -> ! {
    let mut area = [0; ROOM];
    let sent = || SENT.iter().copied();
    let good = deliver(&mut area, sent());
    let cut = deliver(&mut area, sent().take(SENT.len() / 2));
    let bend = |(i, byte)| if i == SENT.len() / 2 { byte ^ 0x10 } else { byte };
    let bent = deliver(&mut area, sent().enumerate().map(bend));
    for result in [&good, &cut, &bent] {
        match result {
            Ok(class) => hprintln!("a good net; a row of zeros is class {}", class),
            Err(error) => hprintln!("refused: {}", error),
        }
    }
    let right = good.is_ok() && cut.is_err() && bent.is_err();
    debug::exit(if right { debug::EXIT_SUCCESS } else { debug::EXIT_FAILURE });
    loop {
        cortex_m::asm::wfi();
    }
}
