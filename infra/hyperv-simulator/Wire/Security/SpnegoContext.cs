using System.Formats.Asn1;

namespace HvPlatform.HyperVSimulator.Wire.Security;

/// <summary>SPNEGO (RFC 4178) around NTLM, the server's side; NTLM is the only mechanism.</summary>
internal sealed class SpnegoContext(NtlmContext ntlm) : ISecurityContext
{
    private const string NtlmOid = "1.3.6.1.4.1.311.2.2.10";

    private byte[] mechanisms = [];
    private bool begun;

    private enum State
    {
        Completed,
        Incomplete,
    }

    /// <inheritdoc/>
    public string User => ntlm.User;

    /// <inheritdoc/>
    public byte[]? Accept(byte[] token, out bool isEstablished)
    {
        isEstablished = false;
        try
        {
            return begun ? Continue(token, out isEstablished) : Begin(token);
        }
        catch (AsnContentException error)
        {
            throw new UnauthorizedAccessException("This is no SPNEGO token.", error);
        }
    }

    /// <inheritdoc/>
    public byte[] Wrap(ReadOnlySpan<byte> message) => ntlm.Wrap(message);

    /// <inheritdoc/>
    public byte[] Unwrap(ReadOnlySpan<byte> token) => ntlm.Unwrap(token);

    private byte[] Begin(byte[] token)
    {
        begun = true;
        var whole = new AsnReader(token, AsnEncodingRules.BER).ReadSequence(new Asn1Tag(TagClass.Application, 0));
        whole.ReadObjectIdentifier();
        var init = whole.ReadSequence(Context(0)).ReadSequence();
        var list = init.ReadSequence(Context(0));
        mechanisms = list.PeekEncodedValue().ToArray();
        var offered = list.ReadSequence();
        var oids = new List<string>();
        while (offered.HasData)
        {
            oids.Add(offered.ReadObjectIdentifier());
        }

        if (!oids.Contains(NtlmOid))
        {
            throw new UnauthorizedAccessException("The client does not offer NTLM.");
        }

        byte[]? first = null;
        while (init.HasData)
        {
            var tag = init.PeekTag();
            if (tag.TagValue == 2)
            {
                first = init.ReadSequence(tag).ReadOctetString();
            }
            else
            {
                init.ReadEncodedValue();
            }
        }

        // A first token of a mechanism that the client likes better is of no use here: it is told to go on with NTLM.
        return Response(State.Incomplete, NtlmOid, oids[0] == NtlmOid && first is not null ? ntlm.Accept(first, out _) : null, mic: null);
    }

    private byte[] Continue(byte[] token, out bool isEstablished)
    {
        var response = new AsnReader(token, AsnEncodingRules.BER).ReadSequence(Context(1)).ReadSequence();
        byte[]? inner = null;
        byte[]? mic = null;
        while (response.HasData)
        {
            var tag = response.PeekTag();
            var value = response.ReadSequence(tag);
            if (tag.TagValue == 2)
            {
                inner = value.ReadOctetString();
            }
            else if (tag.TagValue == 3)
            {
                mic = value.ReadOctetString();
            }
        }

        var answer = ntlm.Accept(inner ?? throw new UnauthorizedAccessException("The SPNEGO token holds no NTLM message."), out isEstablished);
        if (!isEstablished)
        {
            return Response(State.Incomplete, null, answer, mic: null);
        }

        if (mic is null)
        {
            return Response(State.Completed, null, null, mic: null);
        }

        if (!ntlm.Verify(mechanisms, mic))
        {
            throw new UnauthorizedAccessException("The signature of the mechanism list is wrong.");
        }

        var own = ntlm.SignatureOf(mechanisms);
        ntlm.RestartKeyStreams();
        return Response(State.Completed, null, null, own);
    }

    private static byte[] Response(State state, string? mechanism, byte[]? token, byte[]? mic)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence(Context(1)))
        using (writer.PushSequence())
        {
            using (writer.PushSequence(Context(0)))
            {
                writer.WriteEnumeratedValue(state);
            }

            if (mechanism is not null)
            {
                using (writer.PushSequence(Context(1)))
                {
                    writer.WriteObjectIdentifier(mechanism);
                }
            }

            WriteOctets(2, token);
            WriteOctets(3, mic);
        }

        return writer.Encode();

        void WriteOctets(int tag, byte[]? value)
        {
            if (value is not null)
            {
                using (writer.PushSequence(Context(tag)))
                {
                    writer.WriteOctetString(value);
                }
            }
        }
    }

    private static Asn1Tag Context(int value) => new(TagClass.ContextSpecific, value);
}
