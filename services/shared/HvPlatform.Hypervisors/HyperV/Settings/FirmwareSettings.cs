using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>
/// Secure Boot and boot order, on <c>Msvm_VirtualSystemSettingData</c>. Generation 1 orders four sorts of devices by number (<c>BootOrder</c>), generation 2 the boot sources
/// themselves by their paths (<c>BootSourceOrder</c>).
/// </summary>
internal sealed class FirmwareSettings : SettingGroup
{
    /// <summary>The class of boot sources.</summary>
    public const string BootSource = "Msvm_BootSourceSettingData";

    private static readonly string[] Generation1 = ["floppy", "cd", "ide", "network"];

    private static readonly Dictionary<string, string> Templates = new(StringComparer.OrdinalIgnoreCase)
    {
        ["1734c6e8-3154-4dda-ba5f-a874cc483422"] = "MicrosoftWindows",
        ["272e7447-90a4-4563-a4b9-8e4ab00526ce"] = "MicrosoftUEFICertificateAuthority",
        ["4292ae2b-ee2c-42b5-a969-dd8f8689f6f3"] = "OpenSourceShieldedVM",
    };

    public override VmSettingsState Read(SettingsContext context, VmSettingsState state)
    {
        var settings = context.Machine.Settings;
        var template = settings.String("SecureBootTemplateId");
        return state with
        {
            SecureBoot = context.Machine.IsGeneration2 ? settings.Boolean("SecureBootEnabled") : null,
            SecureBootTemplate = context.Machine.IsGeneration2 && template is { Length: > 0 } ? Templates.GetValueOrDefault(template, template) : null,
            BootOrder = [.. Order(context).Select(id => new VmBootDevice { Id = id, Description = context.BootSources.GetValueOrDefault(id) is { } source ? source.String("BootSourceDescription") ?? id : id })],
        };
    }

    public override void Plan(SettingsContext context, VmSettings wanted, SettingsPlan plan)
    {
        if (wanted.Firmware is not { } change)
        {
            return;
        }

        var machine = context.Machine;
        if (change.SecureBoot is not null && !machine.IsGeneration2)
        {
            throw HyperVErrors.PropertyNotSupported("firmware.secureBoot", "a VM of generation 2", machine.Where);
        }

        if (plan.Set(machine.Settings, "SecureBootEnabled", change.SecureBoot))
        {
            machine.Require("change firmware.secureBoot of", VmPowerState.Off);
        }

        if (change.BootOrder is not { } first)
        {
            return;
        }

        var now = Order(context);
        if (first.FirstOrDefault(id => !now.Contains(id, StringComparer.OrdinalIgnoreCase)) is { } unknown)
        {
            throw HyperVErrors.Validation("firmware.bootOrder", $"VM {machine.Name} does not boot from '{HyperVErrors.Short(unknown)}'; it has {string.Join(", ", now)}.", machine.Where);
        }

        var order = first.Select(id => now.First(n => n.Equals(id, StringComparison.OrdinalIgnoreCase))).ToList();
        order.AddRange(now.Except(order));
        var changed = machine.IsGeneration2
            ? plan.Set(machine.Settings, "BootSourceOrder", SourcePaths(machine.Settings, order))
            : plan.Set(machine.Settings, "BootOrder", order.Select(id => (ushort)Array.IndexOf(Generation1, id)).ToArray());
        if (changed && !machine.IsGeneration2)
        {
            machine.Require("change firmware.bootOrder of", VmPowerState.Off);
        }
    }

    /// <summary>Ids of the boot sources in their order; none for generation 1.</summary>
    public static IEnumerable<string> BootSourceIds(CimInstance settings) =>
        settings.Array<string>("BootSourceOrder").Select(text => CimPath.TryParse(text, out var path) ? path!["InstanceID"] : null).OfType<string>();

    private static List<string> Order(SettingsContext context) => context.Machine.IsGeneration2
        ? [.. BootSourceIds(context.Machine.Settings)]
        : [.. context.Machine.Settings.Array<ushort>("BootOrder").Where(n => n < Generation1.Length).Select(n => Generation1[n])];

    private static string[] SourcePaths(CimInstance settings, List<string> order)
    {
        // The texts as the host wrote them, in another order.
        var texts = settings.Array<string>("BootSourceOrder").Where(text => CimPath.TryParse(text, out _))
            .ToLookup(text => CimPath.TryParse(text, out var path) ? path!["InstanceID"] ?? "" : "", StringComparer.OrdinalIgnoreCase);
        return [.. order.SelectMany(id => texts[id])];
    }
}
