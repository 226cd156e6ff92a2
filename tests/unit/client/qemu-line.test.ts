/** A pasted command line of QEMU becomes the machine that it starts: the one of the virtio-mem cover letter as the mail has it. */
import { expect, it } from 'vitest';
import { isQemuLine, scenarioOfQemuLine } from '../../../src/lib/client/qemu-line.ts';
import { Simulation } from '../../../src/lib/engine/index.ts';
import { typed } from '../../support/console.ts';

const MAIL = String.raw`> > $ qemu-system-x86_64 -m 4G,maxmem=20G \
> > -smp sockets=2,cores=2 \
> > -numa node,nodeid=0,cpus=0-1 -numa node,nodeid=1,cpus=2-3 \
> > [...]
> > -object memory-backend-ram,id=mem0,size=8G \
> > -device virtio-mem-pci,id=vm0,memdev=mem0,node=0,requested-size=128M \
> > -object memory-backend-ram,id=mem1,size=8G \
> > -device virtio-mem-pci,id=vm1,memdev=mem1,node=1,requested-size=80M`;

function opened(text: string) {
	const simulation = Simulation.open({ scenario: scenarioOfQemuLine(text) });
	if (!simulation.ok) throw new Error(simulation.detail);
	return simulation.value;
}

it('starts the machine of the cover letter, and its session can be typed', () => {
	const simulation = opened(MAIL);
	simulation.advance(1e9);
	const type = (line: string) => typed(simulation, line, 15, 'guest');
	expect(type('(qemu) info memory-devices')).toContain('requested-size: 83886080\n  size: 83886080');
	expect(type('(qemu) qom-set vm1 requested-size 1G')).toBe('');
	expect(type('(qemu) qom-set vm0 requested-size 64M')).toBe('');
	simulation.advance(simulation.nowNs + 10e9);
	const answer = type('(qemu) info memory-devices');
	expect(answer).toContain('size: 67108864');
	expect(answer).toContain('size: 1073741824');
});

it('reads words as a shell does, and the kernel’s own line apart', () => {
	expect(scenarioOfQemuLine(`/usr/bin/qemu-system-x86_64 -m "1G" -append 'memhp_default_state=online_movable quiet' -smp 2`)).toMatchObject(
		{
			machines: [{ qemuArgs: ['-m', '1G', '-smp', '2'], append: 'memhp_default_state=online_movable quiet' }]
		}
	);
});

it('takes nothing else for a command line', () => {
	for (const text of ['', '{"switchyard": 1}', 'https://example.org/play/#abc', 'qemu -m 1G', 'echo qemu-system-x86_64']) {
		expect(isQemuLine(text)).toBe(false);
		expect(scenarioOfQemuLine(text)).toBeNull();
	}
});
