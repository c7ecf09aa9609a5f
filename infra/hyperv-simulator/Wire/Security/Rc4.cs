namespace HvPlatform.HyperVSimulator.Wire.Security;

/// <summary>The RC4 key stream, which NTLM seals with and .NET does not have.</summary>
internal sealed class Rc4
{
    private readonly byte[] state = new byte[256];
    private byte i;
    private byte j;

    public Rc4(ReadOnlySpan<byte> key)
    {
        for (var n = 0; n < 256; n++)
        {
            state[n] = (byte)n;
        }

        byte mixed = 0;
        for (var n = 0; n < 256; n++)
        {
            mixed += (byte)(state[n] + key[n % key.Length]);
            (state[n], state[mixed]) = (state[mixed], state[n]);
        }
    }

    /// <summary>The next bytes, enciphered or deciphered.</summary>
    public byte[] Transform(ReadOnlySpan<byte> input)
    {
        var output = new byte[input.Length];
        for (var n = 0; n < input.Length; n++)
        {
            j += state[++i];
            (state[i], state[j]) = (state[j], state[i]);
            output[n] = (byte)(input[n] ^ state[(byte)(state[i] + state[j])]);
        }

        return output;
    }
}
