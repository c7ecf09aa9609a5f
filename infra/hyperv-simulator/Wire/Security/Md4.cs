using System.Buffers.Binary;
using System.Numerics;

namespace HvPlatform.HyperVSimulator.Wire.Security;

/// <summary>MD4 (RFC 1320), which NTLM makes of a password and .NET does not have.</summary>
internal static class Md4
{
    private const int BlockBytes = 64;

    private static readonly int[][] Shifts = [[3, 7, 11, 19], [3, 5, 9, 13], [3, 9, 11, 15]];
    private static readonly int[] ThirdRoundOrder = [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15];

    /// <summary>The 16 bytes of the hash.</summary>
    public static byte[] Hash(ReadOnlySpan<byte> message)
    {
        var padded = new byte[(message.Length + 9 + BlockBytes - 1) / BlockBytes * BlockBytes];
        message.CopyTo(padded);
        padded[message.Length] = 0x80;
        BinaryPrimitives.WriteUInt64LittleEndian(padded.AsSpan(padded.Length - 8), (ulong)message.Length * 8);

        uint[] state = [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476];
        for (var at = 0; at < padded.Length; at += BlockBytes)
        {
            Mix(state, padded.AsSpan(at, BlockBytes));
        }

        var hash = new byte[16];
        for (var i = 0; i < 4; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(hash.AsSpan(4 * i), state[i]);
        }

        return hash;
    }

    private static void Mix(uint[] state, ReadOnlySpan<byte> block)
    {
        var (a, b, c, d) = (state[0], state[1], state[2], state[3]);
        for (var step = 0; step < 48; step++)
        {
            var round = step / 16;
            var i = step % 16;
            var (mixed, word) = round switch
            {
                0 => ((b & c) | (~b & d), i),
                1 => (((b & c) | (b & d) | (c & d)) + 0x5A827999, ((i % 4) * 4) + (i / 4)),
                _ => ((b ^ c ^ d) + 0x6ED9EBA1, ThirdRoundOrder[i]),
            };
            var sum = a + mixed + BinaryPrimitives.ReadUInt32LittleEndian(block[(4 * word)..]);
            (a, b, c, d) = (d, BitOperations.RotateLeft(sum, Shifts[round][i % 4]), b, c);
        }

        state[0] += a;
        state[1] += b;
        state[2] += c;
        state[3] += d;
    }
}
