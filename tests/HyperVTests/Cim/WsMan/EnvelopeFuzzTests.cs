using System.Text;
using System.Xml;
using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.Hypervisors.HyperV.Cim.WsMan;
using Xunit;

namespace HvPlatform.HyperVTests.Cim.WsMan;

/// <summary>
/// Mutations of real envelopes, the same in every run: whatever a host sends is read, or a <see cref="CimException"/>; never another exception, never without end.
/// </summary>
public sealed class EnvelopeFuzzTests
{
    private const int Mutations = 400;

    private static readonly string[] Pieces =
    [
        "<", ">", "/>", "</", "&", "&amp;", "&#0;", "&#x110000;", "]]>", "<![CDATA[", "<!--", "<?xml version=\"1.1\"?>", "<!DOCTYPE a>", "\0", "\uFFFF", "\uD800", "xsi:nil=\"true\"", "xmlns:p=\"\"",
        "<n:EnumerationContext/>", "<n:Items>", "<w:XmlFragment>", "<a:EndpointReference>", "<cim:Datetime>", "<s:Fault>", "99999999999999999999", "-1", " ", "\r\n\t", "é", "😀",
    ];

    public static TheoryData<string> Names => [.. Corpus.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void MutatedEnvelopes_AreReadOrRefused(string name)
    {
        var random = new Random(name.Length * 7919);
        var text = Corpus.Text(name);
        var names = new NameTable();
        for (var round = 0; round < Mutations; round++)
        {
            var bytes = Mutate(text, random);
            foreach (var read in (Action<EnvelopeReader>[])[
                reader => reader.Part("Msvm_ComputerSystem"), reader => reader.Instance(), reader => reader.Output("Msvm_ComputerSystem", "RequestStateChange"), reader => reader.Identity(), reader => reader.Accepted(),
            ])
            {
                using var reader = new EnvelopeReader(bytes, round % 16 == 0 ? Encoding.Unicode : null, names, new WsManRequest("uuid:1", default, "Test"), "HV1");
                try
                {
                    read(reader);
                }
                catch (CimException)
                {
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void MutatedEmbeddedInstances_AreReadOrRefused(string name)
    {
        var random = new Random(name.Length);
        var text = CimXml.Write(new CimInstance("Msvm_ProcessorSettingData") { ["InstanceID"] = name, ["VirtualQuantity"] = 4UL, ["HostResource"] = new[] { "a", "b" }, ["Limit"] = 100_000UL });
        for (var round = 0; round < Mutations; round++)
        {
            try
            {
                CimXml.Read(Encoding.UTF8.GetString(Mutate(text, random)));
            }
            catch (CimException)
            {
            }
        }
    }

    [Fact]
    public void MutatedSealedBodies_AreParsedOrRefused()
    {
        var random = new Random(1);
        var body = Encoding.Latin1.GetString(Sealing.Frame(Sealing.Spnego, 100, new byte[116]));
        for (var round = 0; round < 20 * Mutations; round++)
        {
            var bytes = Encoding.Latin1.GetBytes(Encoding.UTF8.GetString(Mutate(body, random)));
            if (Sealing.Parse(bytes) is { } parts)
            {
                Assert.InRange(parts.Offset + parts.Length, 0, bytes.Length);
                Assert.True(parts.PlainLength >= 0);
            }
        }
    }

    [Theory]
    [InlineData("--Encrypted Boundary\r\n\tContent-Type: x\r\n\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=3\r\n--Encrypted Boundary\r\n\tContent-Type: application/octet-stream\r\n\u0001\0\0\0Sabc--Encrypted Boundary--\r\n")]
    [InlineData("--Encrypted Boundary\r\nContent-Type: x\r\nOriginalContent: type=application/soap+xml;charset=UTF-8;Length=3\r\n--Encrypted Boundary\r\nContent-Type: application/octet-stream\r\n\u0001\0\0\0Sabc-- Encrypted Boundary--")]
    public void SealedBodies_OfAnyHost_AreParsed(string body)
    {
        var bytes = Encoding.Latin1.GetBytes(body);
        var parts = Sealing.Parse(bytes)!.Value;
        Assert.Equal("Sabc", Encoding.Latin1.GetString(bytes, parts.Offset, parts.Length));
        Assert.Equal((3, "application/soap+xml;charset=UTF-8"), (parts.PlainLength, parts.ContentType));
    }

    private static byte[] Mutate(string text, Random random)
    {
        var mutated = new StringBuilder(text);
        for (var i = random.Next(1, 4); i > 0 && mutated.Length > 1; i--)
        {
            var at = random.Next(mutated.Length);
            var length = Math.Min(random.Next(1, 40), mutated.Length - at);
            switch (random.Next(6))
            {
                case 0:
                    mutated.Remove(at, length);
                    break;
                case 1:
                    mutated.Insert(at, Pieces[random.Next(Pieces.Length)]);
                    break;
                case 2:
                    mutated[at] = (char)random.Next(0x20, 0x300);
                    break;
                case 3:
                    mutated.Insert(random.Next(mutated.Length), mutated.ToString(at, length));
                    break;
                case 4:
                    mutated.Length = at + 1;
                    break;
                default:
                    mutated.Insert(at, mutated.ToString(at, Math.Min(400, mutated.Length - at)));
                    break;
            }
        }

        var bytes = Encoding.UTF8.GetBytes(mutated.ToString());
        if (bytes.Length > 0 && random.Next(4) == 0)
        {
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        }

        return bytes;
    }
}
