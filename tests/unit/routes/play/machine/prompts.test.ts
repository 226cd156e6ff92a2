/** A prompt that was typed along is not shown twice, and a line stands behind the prompt of whoever answers it. */
import { expect, it } from 'vitest';
import { prompted } from '../../../../../src/routes/play/machine/prompts.ts';

const SHELL = 'root@guest:~#';

it.each([
	['(qemu) info memory-devices', null, '(qemu)', 'info memory-devices'],
	['info memory-devices', null, '(qemu)', 'info memory-devices'],
	['(qemu) qom-set vm1 requested-size 1G', 'monitor', '(qemu)', 'qom-set vm1 requested-size 1G'],
	['qom-set vm1 requested-size 1G', 'monitor', '(qemu)', 'qom-set vm1 requested-size 1G'],
	['{"execute": "query-memory-devices"}', null, '(qemu)', '{"execute": "query-memory-devices"}'],
	['# numactl -H', null, SHELL, 'numactl -H'],
	['root@vm:/# cat /proc/buddyinfo', null, SHELL, 'cat /proc/buddyinfo'],
	['p0: touch a', 'process', '$', 'p0: touch a'],
	['information', null, SHELL, 'information']
])('%s', (text, manner, prompt, line) => {
	expect(prompted(text, manner, SHELL)).toEqual({ prompt, line });
});
