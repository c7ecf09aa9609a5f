using System.Text;
using FsCheck;
using FsCheck.Fluent;
using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.Hypervisors.HyperV.Cim.WsMan;
using Xunit;

namespace HvPlatform.HyperVTests.Cim.WsMan;

/// <summary>Any instance of any class, any path and any text come back as they were written.</summary>
public sealed class EnvelopeRoundTripTests
{
    private static readonly WsManOptions Options = new() { Address = new Uri("http://hv1:5985/wsman") };

    [Fact]
    public void Instances_OfEveryClass_AreReadAsTheyWereWritten()
    {
        var random = new Random(1);
        foreach (var declared in CimSchema.Instance.Classes.Where(one => !one.IsAbstract))
        {
            var instance = Make(declared, random, depth: 0);
            var read = Read(new EnvelopeWriter(Options).Put(new CimPath(declared.Name, ("InstanceID", "1")), instance)).Instance();
            Assert.Equal(declared.Name, read.ClassName);
            AssertSame(instance, read);
        }
    }

    [Fact]
    public void Texts_OfAnyKind_SurviveEnvelopesAndCimXml() => Prop.ForAll(
        ArbMap.Default.ArbFor<NonNull<string>>(),
        text =>
        {
            var value = Carriable(text.Get);
            var instance = new CimInstance("Msvm_VirtualSystemSettingData") { ["ElementName"] = value, ["Notes"] = new[] { value, string.Empty, value + "]]>" } };
            var read = Read(new EnvelopeWriter(Options).Put(new CimPath("Msvm_VirtualSystemSettingData", ("InstanceID", "1")), instance)).Instance();
            var embedded = CimXml.Read(CimXml.Write(instance));
            return read.String("ElementName") == value && read.Array<string>("Notes").SequenceEqual(instance.Array<string>("Notes"))
                && embedded.String("ElementName") == value && embedded.Array<string>("Notes").SequenceEqual(instance.Array<string>("Notes"));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Paths_WithAnyKey_SurviveAsTextAndAsReferences() => Prop.ForAll(
        ArbMap.Default.ArbFor<(NonNull<string> One, NonNull<string> Two)>(),
        keys =>
        {
            var path = new CimPath("Msvm_ComputerSystem", ("CreationClassName", Carriable(keys.One.Get)), ("Name", Carriable(keys.Two.Get)));
            var association = new CimInstance("Msvm_SettingsDefineState") { ["ManagedElement"] = path };
            var read = Read(new EnvelopeWriter(Options).Put(new CimPath("Msvm_SettingsDefineState"), association)).Instance();
            var associators = WqlQuery.Parse(Wql.Associators(path, "A", "B"));
            return path.Equals(read.Reference("ManagedElement"))
                && CimPath.TryParse(path.ToObjectPath("HV1"), out var parsed) && path.Equals(parsed)
                && path.Equals(associators.Source) && (associators.AssociationClass, associators.ResultClass) == ("A", "B");
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void ReferencesToAssociations_NestInSelectors()
    {
        var inner = new CimPath("Msvm_ComputerSystem", ("CreationClassName", "Msvm_ComputerSystem"), ("Name", @"A\""B"));
        var association = new CimPath("Msvm_SettingsDefineState", ("ManagedElement", inner.RelativePath), ("SettingData", "Msvm_VirtualSystemSettingData.InstanceID=\"1\""));
        var request = Encoding.UTF8.GetString(new EnvelopeWriter(Options).Invoke(inner, "M", new CimInstance("x") { ["Of"] = association }).Envelope.Span);
        Assert.Contains("<w:Selector Name=\"ManagedElement\"><a:EndpointReference>", request, StringComparison.Ordinal);
        var read = Corpus.Reader(request.Replace("M_INPUT", "M_OUTPUT", StringComparison.Ordinal)).Output("Msvm_ComputerSystem", "M");
        Assert.Equal(association, read.Reference("Of"));
    }

    /// <summary>What XML can carry of a text.</summary>
    private static string Carriable(string text) => new([.. text.Where(c => System.Xml.XmlConvert.IsXmlChar(c) && !char.IsSurrogate(c))]);

    private static EnvelopeReader Read(WsManRequest request) => new(request.Envelope.ToArray(), null, new System.Xml.NameTable(), request, "HV1");

    private static CimInstance Make(CimClass declared, Random random, int depth)
    {
        var instance = new CimInstance(declared.Name);
        foreach (var property in declared.Properties)
        {
            if (property.Type is CimType.Instance && (depth > 2 || CimSchema.Instance.Find(property.ClassName ?? string.Empty) is null))
            {
                continue;
            }

            instance[property.Name] = property.IsArray
                ? CimText.ToArray(property.Type, [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Value(property, random, depth))])
                : Value(property, random, depth);
        }

        return instance;
    }

    private static object Value(CimProperty property, Random random, int depth) => property.Type switch
    {
        CimType.Boolean => random.Next(2) == 0,
        CimType.UInt8 => (byte)random.Next(256),
        CimType.UInt16 => (ushort)random.Next(65536),
        CimType.UInt32 => (uint)random.NextInt64(1L << 32),
        CimType.UInt64 => (ulong)random.NextInt64() * 2,
        CimType.SInt8 => (sbyte)random.Next(-128, 128),
        CimType.SInt16 => (short)random.Next(-32768, 32768),
        CimType.SInt32 => random.Next(int.MinValue, int.MaxValue),
        CimType.SInt64 => random.NextInt64(long.MinValue, long.MaxValue),
        CimType.Real32 => random.NextSingle(),
        CimType.Real64 => random.NextDouble(),
        CimType.DateTime => random.Next(2) == 0 ? new CimDateTime(new DateTimeOffset(random.NextInt64(DateTime.MaxValue.Ticks), TimeSpan.Zero)) : new CimDateTime(TimeSpan.FromTicks(random.NextInt64(TimeSpan.TicksPerDay * 1000))),
        CimType.Reference => new CimPath("Msvm_ComputerSystem", ("Name", $"<{random.Next()}>")),
        CimType.Instance => Make(CimSchema.Instance.Find(property.ClassName!)!, random, depth + 1),
        _ => $" <{random.Next()}>&\"' ",
    };

    private static void AssertSame(CimInstance expected, CimInstance actual)
    {
        Assert.Equal(expected.Properties.Keys, actual.Properties.Keys);
        foreach (var (name, value) in expected.Properties)
        {
            if (value is CimInstance embedded)
            {
                AssertSame(embedded, actual.Instance(name)!);
            }
            else if (value is CimInstance[] many)
            {
                Assert.Equal(many.Length, actual.Array<CimInstance>(name).Count);
                Assert.All(many.Zip(actual.Array<CimInstance>(name)), pair => AssertSame(pair.First, pair.Second));
            }
            else
            {
                Assert.Equal(value, actual[name]);
            }
        }
    }
}
