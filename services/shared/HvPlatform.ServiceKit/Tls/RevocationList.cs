using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace HvPlatform.ServiceKit.Tls;

/// <summary>A list of revoked certificates (RFC 5280, section 5) whose signature by the platform's CA has been checked.</summary>
public sealed class RevocationList
{
    const string EcdsaWithSha256 = "1.2.840.10045.4.3.2";
    readonly HashSet<string> _serials;

    RevocationList(DateTimeOffset thisUpdate, DateTimeOffset nextUpdate, HashSet<string> serials) => (ThisUpdate, NextUpdate, _serials) = (thisUpdate, nextUpdate, serials);

    /// <summary>When it was signed.</summary>
    public DateTimeOffset ThisUpdate { get; }

    /// <summary>Until when it may be used.</summary>
    public DateTimeOffset NextUpdate { get; }

    /// <summary>Whether a certificate is on it.</summary>
    public bool Contains(X509Certificate2 certificate) => _serials.Contains(PlatformCertificate.Serial(certificate));

    /// <summary>Reads a list in PEM.</summary>
    /// <exception cref="CryptographicException">It is none, or it is not signed by this CA.</exception>
    public static RevocationList Read(string pem, X509Certificate2 ca)
    {
        try
        {
            var fields = PemEncoding.Find(pem);
            return Read(Convert.FromBase64String(pem[fields.Base64Data]), ca);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or AsnContentException)
        {
            throw new CryptographicException("The list of revoked certificates cannot be read.", e);
        }
    }

    static RevocationList Read(byte[] der, X509Certificate2 ca)
    {
        var list = new AsnReader(der, AsnEncodingRules.DER).ReadSequence();
        var signed = list.ReadEncodedValue();
        var algorithm = list.ReadSequence().ReadObjectIdentifier();
        var signature = list.ReadBitString(out _);
        using var key = ca.GetECDsaPublicKey();
        if (algorithm != EcdsaWithSha256 || key is null || !key.VerifyData(signed.Span, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence))
        {
            throw new CryptographicException("The list of revoked certificates is not signed by the platform's CA.");
        }

        // version, signature algorithm, issuer, this update, next update, revoked certificates, extensions
        var body = new AsnReader(signed, AsnEncodingRules.DER).ReadSequence();
        if (body.PeekTag().HasSameClassAndValue(Asn1Tag.Integer))
        {
            body.ReadInteger();
        }

        body.ReadEncodedValue();
        body.ReadEncodedValue();
        var thisUpdate = ReadTime(body);
        var nextUpdate = ReadTime(body);
        var serials = new HashSet<string>(StringComparer.Ordinal);
        if (body.HasData && body.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence))
        {
            var entries = body.ReadSequence();
            while (entries.HasData)
            {
                serials.Add(PlatformCertificate.Serial(entries.ReadSequence().ReadIntegerBytes().Span));
            }
        }

        return new RevocationList(thisUpdate, nextUpdate, serials);
    }

    static DateTimeOffset ReadTime(AsnReader reader) =>
        reader.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime) ? reader.ReadUtcTime() : reader.ReadGeneralizedTime();
}
