using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace HvPlatform.HyperVSimulator.Wire.Security;

/// <summary>
/// NTLMv2, the server's side (MS-NLMP 3.2.5 and 3.4): extended session security with 128 bit keys and key exchange; the MIC is checked where the client says it sent one.
/// </summary>
/// <param name="password">The password of a user, or null if there is no such user.</param>
/// <param name="computer">The host's name.</param>
/// <param name="clock">The clock.</param>
internal sealed class NtlmContext(Func<string, string?> password, string computer, TimeProvider clock) : ISecurityContext
{
    private const uint Unicode = 0x00000001;
    private const uint RequestTarget = 0x00000004;
    private const uint Sign = 0x00000010;
    private const uint Seal = 0x00000020;
    private const uint Ntlm = 0x00000200;
    private const uint AlwaysSign = 0x00008000;
    private const uint TargetIsServer = 0x00020000;
    private const uint ExtendedSessionSecurity = 0x00080000;
    private const uint TargetInfo = 0x00800000;
    private const uint Version = 0x02000000;
    private const uint Key128 = 0x20000000;
    private const uint KeyExchange = 0x40000000;
    private const uint Key56 = 0x80000000;
    private const uint Always = RequestTarget | Ntlm | AlwaysSign | TargetIsServer | ExtendedSessionSecurity | TargetInfo | Version;
    private const uint IfAsked = Unicode | Sign | Seal | Key128 | KeyExchange | Key56;

    private const int SignatureBytes = 16;
    private const int ChallengeHeaderBytes = 56;
    private const int AuthenticateHeaderBytes = 64;
    private const int MicAt = 72;

    private readonly byte[] challenge = RandomNumberGenerator.GetBytes(8);
    private byte[] negotiateMessage = [];
    private byte[] challengeMessage = [];
    private uint flags;
    private Direction? fromClient;
    private Direction? toClient;

    /// <inheritdoc/>
    public string User { get; private set; } = string.Empty;

    /// <inheritdoc/>
    public byte[]? Accept(byte[] token, out bool isEstablished)
    {
        isEstablished = false;
        if (token.Length < 16 || !token.AsSpan(0, 8).SequenceEqual("NTLMSSP\0"u8))
        {
            throw new UnauthorizedAccessException("This is no NTLM token.");
        }

        switch (BinaryPrimitives.ReadInt32LittleEndian(token.AsSpan(8)))
        {
            case 1:
                negotiateMessage = token;
                return challengeMessage = Challenge(BinaryPrimitives.ReadUInt32LittleEndian(token.AsSpan(12)));
            case 3 when challengeMessage.Length > 0:
                Authenticate(token);
                isEstablished = true;
                return null;
            default:
                throw new UnauthorizedAccessException("The NTLM messages are out of order.");
        }
    }

    /// <inheritdoc/>
    public byte[] Wrap(ReadOnlySpan<byte> message)
    {
        var direction = Established(toClient);
        var sealedText = direction.Stream.Transform(message);
        return [.. direction.SignatureOf(message, flags), .. sealedText];
    }

    /// <inheritdoc/>
    public byte[] Unwrap(ReadOnlySpan<byte> token)
    {
        var direction = Established(fromClient);
        if (token.Length < SignatureBytes)
        {
            throw new UnauthorizedAccessException("The sealed message is too short.");
        }

        var message = direction.Stream.Transform(token[SignatureBytes..]);
        return CryptographicOperations.FixedTimeEquals(direction.SignatureOf(message, flags), token[..SignatureBytes])
            ? message
            : throw new UnauthorizedAccessException("The signature of a sealed message is wrong.");
    }

    /// <summary>Signs without sealing, as SPNEGO does with the list of mechanisms.</summary>
    public byte[] SignatureOf(ReadOnlySpan<byte> message) => Established(toClient).SignatureOf(message, flags);

    /// <summary>Whether the client's signature of a message that is not sealed is right.</summary>
    public bool Verify(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) =>
        CryptographicOperations.FixedTimeEquals(Established(fromClient).SignatureOf(message, flags), signature);

    /// <summary>After SPNEGO's own signatures the key streams begin anew; the sequence numbers do not.</summary>
    public void RestartKeyStreams()
    {
        fromClient?.RestartStream();
        toClient?.RestartStream();
    }

    private static Direction Established(Direction? direction) => direction ?? throw new UnauthorizedAccessException("The authentication is not complete.");

    private byte[] Challenge(uint asked)
    {
        flags = (asked & IfAsked) | Always;
        var name = ((asked & Unicode) != 0 ? Encoding.Unicode : Encoding.Latin1).GetBytes(computer);
        var information = TargetInformation();
        var message = new byte[ChallengeHeaderBytes + name.Length + information.Length];
        "NTLMSSP\0"u8.CopyTo(message);
        message[8] = 2;
        WriteField(message, 12, name.Length, ChallengeHeaderBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(20), flags);
        challenge.CopyTo(message, 24);
        WriteField(message, 40, information.Length, ChallengeHeaderBytes + name.Length);
        ((byte[])[10, 0, 0x7C, 0x4F, 0, 0, 0, 15]).CopyTo(message, 48);
        name.CopyTo(message, ChallengeHeaderBytes);
        information.CopyTo(message, ChallengeHeaderBytes + name.Length);
        return message;
    }

    private byte[] TargetInformation()
    {
        using var pairs = new MemoryStream();
        Add(2, Encoding.Unicode.GetBytes(computer));
        Add(1, Encoding.Unicode.GetBytes(computer));
        Add(4, Encoding.Unicode.GetBytes(computer.ToLowerInvariant()));
        Add(3, Encoding.Unicode.GetBytes(computer.ToLowerInvariant()));
        Add(7, BitConverter.GetBytes(clock.GetUtcNow().ToFileTime()));
        Add(0, []);
        return pairs.ToArray();

        void Add(ushort id, byte[] value)
        {
            Span<byte> head = stackalloc byte[4];
            BinaryPrimitives.WriteUInt16LittleEndian(head, id);
            BinaryPrimitives.WriteUInt16LittleEndian(head[2..], (ushort)value.Length);
            pairs.Write(head);
            pairs.Write(value);
        }
    }

    private void Authenticate(byte[] message)
    {
        if (message.Length < AuthenticateHeaderBytes)
        {
            throw new UnauthorizedAccessException("The NTLM authenticate message is too short.");
        }

        var response = Field(message, 20);
        flags = BinaryPrimitives.ReadUInt32LittleEndian(message.AsSpan(60));
        var text = (flags & Unicode) != 0 ? Encoding.Unicode : Encoding.Latin1;
        var domain = text.GetString(Field(message, 28));
        var user = text.GetString(Field(message, 36));
        if (response.Length < 16 + 28)
        {
            throw new UnauthorizedAccessException("Anonymous, or NTLM before version 2.");
        }

        var secret = password(user) ?? throw new UnauthorizedAccessException($"There is no user {user}.");
        var key2 = Hmac(Md4.Hash(Encoding.Unicode.GetBytes(secret)), Encoding.Unicode.GetBytes(user.ToUpperInvariant() + domain));
        var client = response[16..];
        var proof = Hmac(key2, challenge, client);
        if (!CryptographicOperations.FixedTimeEquals(proof, response.AsSpan(0, 16)))
        {
            throw new UnauthorizedAccessException($"The password of {user} is wrong.");
        }

        var sessionKey = Hmac(key2, proof);
        if ((flags & KeyExchange) != 0)
        {
            sessionKey = new Rc4(sessionKey).Transform(Field(message, 52));
        }

        if (SaysMic(client))
        {
            CheckMic(message, sessionKey);
        }

        EstablishKeys(sessionKey);
        User = domain.Length > 0 ? $@"{domain}\{user}" : user;
    }

    private void CheckMic(byte[] message, byte[] sessionKey)
    {
        if (message.Length < MicAt + 16)
        {
            throw new UnauthorizedAccessException("The NTLM message says it has a MIC and is too short for one.");
        }

        var without = (byte[])message.Clone();
        without.AsSpan(MicAt, 16).Clear();
        if (!CryptographicOperations.FixedTimeEquals(Hmac(sessionKey, negotiateMessage, challengeMessage, without), message.AsSpan(MicAt, 16)))
        {
            throw new UnauthorizedAccessException("The MIC of the NTLM messages is wrong: something changed them.");
        }
    }

    private void EstablishKeys(byte[] sessionKey)
    {
        var sealing = (flags & Key128) != 0 ? sessionKey : (flags & Key56) != 0 ? sessionKey[..7] : sessionKey[..5];
        fromClient = new Direction(Key(sessionKey, "client-to-server signing"), Key(sealing, "client-to-server sealing"));
        toClient = new Direction(Key(sessionKey, "server-to-client signing"), Key(sealing, "server-to-client sealing"));

        static byte[] Key(byte[] from, string name) => MD5.HashData([.. from, .. Encoding.ASCII.GetBytes($"session key to {name} key magic constant\0")]);
    }

    private static bool SaysMic(ReadOnlySpan<byte> clientChallenge)
    {
        for (var at = 28; at + 4 <= clientChallenge.Length;)
        {
            var id = BinaryPrimitives.ReadUInt16LittleEndian(clientChallenge[at..]);
            var length = BinaryPrimitives.ReadUInt16LittleEndian(clientChallenge[(at + 2)..]);
            if (id == 0)
            {
                return false;
            }

            if (id == 6 && length >= 1 && at + 4 < clientChallenge.Length)
            {
                return (clientChallenge[at + 4] & 2) != 0;
            }

            at += 4 + length;
        }

        return false;
    }

    private static byte[] Field(byte[] message, int at)
    {
        int length = BinaryPrimitives.ReadUInt16LittleEndian(message.AsSpan(at));
        var offset = BinaryPrimitives.ReadUInt32LittleEndian(message.AsSpan(at + 4));
        return offset <= message.Length && length <= message.Length - offset
            ? message[(int)offset..((int)offset + length)]
            : throw new UnauthorizedAccessException("A field of the NTLM message lies outside it.");
    }

    private static void WriteField(byte[] message, int at, int length, int offset)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(at), (ushort)length);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(at + 2), (ushort)length);
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(at + 4), offset);
    }

    private static byte[] Hmac(byte[] key, params ReadOnlySpan<byte[]> parts)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.MD5, key);
        foreach (var part in parts)
        {
            hash.AppendData(part);
        }

        return hash.GetHashAndReset();
    }

    /// <summary>Keys, key stream and sequence number of one direction.</summary>
    private sealed class Direction(byte[] signingKey, byte[] sealingKey)
    {
        private uint sequence;

        public Rc4 Stream { get; private set; } = new(sealingKey);

        public void RestartStream() => Stream = new Rc4(sealingKey);

        public byte[] SignatureOf(ReadOnlySpan<byte> message, uint flags)
        {
            var signature = new byte[SignatureBytes];
            signature[0] = 1;
            BinaryPrimitives.WriteUInt32LittleEndian(signature.AsSpan(12), sequence++);
            using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.MD5, signingKey);
            hash.AppendData(signature.AsSpan(12, 4));
            hash.AppendData(message);
            var checksum = hash.GetHashAndReset().AsSpan(0, 8);
            ((flags & KeyExchange) != 0 ? Stream.Transform(checksum) : checksum.ToArray()).CopyTo(signature, 4);
            return signature;
        }
    }
}
