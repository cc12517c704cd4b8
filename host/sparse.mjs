// A memory image without its empty pages. Half of a snapshot is zeros, and miniflare copies its configuration,
// modules included, some eighty times while it starts: halving the image takes about a second off every start.
// Layout, 32-bit little-endian: size of the image, number of runs, (offset, length) of each run, then their bytes.

const PAGE = 4096;

function isEmpty(words, start, end) {
  for (let i = start; i < end; i += 1) if (words[i] !== 0) return false;
  return true;
}

/** The stretches of pages that hold anything, as [offset, length] in bytes. */
function runsOf(image) {
  const words = new Uint32Array(image.buffer, image.byteOffset, image.byteLength >> 2);
  const runs = [];
  for (let offset = 0; offset < image.byteLength; offset += PAGE) {
    const end = Math.min(offset + PAGE, image.byteLength);
    if (isEmpty(words, offset >> 2, end >> 2)) continue;
    const last = runs.at(-1);
    if (last && last[0] + last[1] === offset) last[1] += end - offset;
    else runs.push([offset, end - offset]);
  }
  return runs;
}

/** @param image Uint8Array whose length and place are multiples of four, as WebAssembly memory's are */
export function pack(image) {
  if (image.byteLength % 4 !== 0 || image.byteOffset % 4 !== 0) throw new RangeError("the image is not made of whole words");
  const runs = runsOf(image);
  const head = new Uint32Array([image.byteLength, runs.length, ...runs.flat()]);
  const size = runs.reduce((sum, [, length]) => sum + length, head.byteLength);
  const packed = new Uint8Array(size);
  packed.set(new Uint8Array(head.buffer));
  let at = head.byteLength;
  for (const [offset, length] of runs) {
    packed.set(image.subarray(offset, offset + length), at);
    at += length;
  }
  return packed;
}

/** @param packed ArrayBuffer from `pack`; returns the image */
export function unpack(packed) {
  const [size, count] = new Uint32Array(packed, 0, 2);
  const head = new Uint32Array(packed, 8, count * 2);
  const image = new Uint8Array(size);
  let at = 8 + head.byteLength;
  for (let i = 0; i < head.length; i += 2) {
    image.set(new Uint8Array(packed, at, head[i + 1]), head[i]);
    at += head[i + 1];
  }
  return image;
}
