using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator.Model;
using HvPlatform.HyperVSimulator.Model.Network;
using Xunit;

namespace HvPlatform.HyperVTests.Simulator;

public sealed class SchemaExactnessTests
{
    private readonly ModelTest one = ModelTest.Create();

    public SchemaExactnessTests()
    {
        one.Host.AddSwitch("LAN", SwitchKind.Internal);
        foreach (var generation in (int[])[1, 2])
        {
            one.Host.AddVm(new NewVm($"vm{generation}")
            {
                Generation = generation,
                State = VmState.Running,
                Disks = [new NewVmDisk($@"C:\vm{generation}.vhdx")],
                Dvd = @"C:\setup.iso",
                Switches = ["LAN", ""],
                MaximumMemoryMb = 4096,
                Notes = "first",
            });
        }
    }

    /// <summary>Whatever class, whatever part of the model made it: exactly the schema's properties, each of the schema's type.</summary>
    [Fact]
    public void EveryInstance_HasTheSchemasPropertiesAndTypes()
    {
        var seen = 0;
        foreach (var className in one.Catalogue.RegisteredClasses.Concat(CimSchema.Instance.Classes.Where(declared => declared.IsAssociation).Select(declared => declared.Name)))
        {
            var nameSpace = NamespaceOf(className);
            foreach (var instance in one.Catalogue.Enumerate(nameSpace, className))
            {
                seen++;
                var declared = CimSchema.Instance.Find(instance.ClassName)!;
                Assert.Equal(declared.Properties.Select(property => property.Name), instance.Properties.Keys);
                foreach (var property in declared.Properties)
                {
                    var value = instance[property.Name];
                    Assert.False(property.IsKey && value is null, $"{declared.Name}.{property.Name} is a key and null.");
                    Assert.True(value is null || CimText.TypeOf(value) == (property.Type, property.IsArray), $"{declared.Name}.{property.Name} is {property.Type}, not {value?.GetType().Name}.");
                }
            }
        }

        Assert.True(seen > 300, $"Only {seen} instances.");
    }

    /// <summary>What can be listed can be read by its path, and its path says the same instance.</summary>
    [Fact]
    public void EveryInstance_IsFoundByItsPath()
    {
        foreach (var className in one.Catalogue.RegisteredClasses)
        {
            var nameSpace = NamespaceOf(className);
            var paths = one.Catalogue.Enumerate(nameSpace, className).Select(one.Catalogue.PathOf).ToList();
            Assert.Equal(paths.Count, paths.Distinct().Count());
            foreach (var path in paths)
            {
                Assert.True(one.Catalogue.Get(path) is { } found && one.Catalogue.PathOf(found).Equals(path), $"{path} is listed but not found.");
                var lower = new CimPath(path.Namespace, path.ClassName, [.. path.Keys.Select(key => (key.Name, key.Value.ToLowerInvariant()))]);
                Assert.True(one.Catalogue.Get(lower) is not null, $"{lower} is not found without case.");
            }
        }
    }

    /// <summary>From either end of every association to the other and back.</summary>
    [Fact]
    public void EveryAssociation_LeadsBothWays()
    {
        foreach (var association in CimSchema.Instance.Classes.Where(declared => declared.IsAssociation))
        {
            var roles = association.Properties.Where(property => property.Type == CimType.Reference).Select(property => property.Name).ToList();
            foreach (var instance in one.Catalogue.Enumerate(NamespaceOf(association.Name), association.Name).Take(50))
            {
                var ends = roles.Select(role => instance.Reference(role)!).ToList();
                Assert.Contains(one.Catalogue.Associators(ends[0], association.Name, null), found => one.Catalogue.PathOf(found).Equals(ends[1]));
                Assert.Contains(one.Catalogue.Associators(ends[1], association.Name, null), found => one.Catalogue.PathOf(found).Equals(ends[0]));
            }
        }
    }

    private static string NamespaceOf(string className) => className.StartsWith("Win32_", StringComparison.Ordinal) ? CimPath.Cimv2 : CimPath.Virtualization;
}
