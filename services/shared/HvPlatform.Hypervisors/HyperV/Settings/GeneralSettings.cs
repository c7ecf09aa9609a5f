using HvPlatform.Contracts.Vms;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>Notes and console mode, on <c>Msvm_VirtualSystemSettingData</c>. Of <c>Notes</c> a host keeps the first element; the platform's epoch stands in it, too, and stays.</summary>
internal sealed class GeneralSettings : SettingGroup
{
    public override VmSettingsState Read(SettingsContext context, VmSettingsState state)
    {
        var settings = context.Machine.Settings;
        return state with
        {
            Notes = EpochNote.Read(Notes(context)).Text,
            Generation = context.Machine.IsGeneration2 ? 2 : 1,
            Version = settings.String("Version"),
            ConsoleMode = settings.Number("ConsoleMode") switch
            {
                0 => VmConsoleMode.Graphics,
                1 => VmConsoleMode.Com1,
                2 => VmConsoleMode.Com2,
                3 => VmConsoleMode.None,
                _ => null,
            },
            NeverStarted = context.Machine.System.Has("TimeOfLastStateChange") ? context.Machine.System.Moment("TimeOfLastStateChange") is null : null,
            OperationalStatus = [.. context.Machine.System.Array<string>("StatusDescriptions")],
        };
    }

    public override void Plan(SettingsContext context, VmSettings wanted, SettingsPlan plan)
    {
        var settings = context.Machine.Settings;
        if (wanted.Notes is { } notes)
        {
            if (EpochNote.Forges(notes))
            {
                throw HyperVErrors.Validation("notes", "must hold no line that starts with a mark of the platform (#hvplatform-…#:).", context.Machine.Where);
            }

            plan.Set(settings, "Notes", new[] { EpochNote.WithText(Notes(context), notes) });
        }

        ushort? mode = wanted.ConsoleMode switch
        {
            null => null,
            VmConsoleMode.Graphics => 0,
            VmConsoleMode.Com1 => 1,
            VmConsoleMode.Com2 => 2,
            VmConsoleMode.None => 3,
            _ => throw HyperVErrors.Validation("consoleMode", "is not one this build knows.", context.Machine.Where),
        };
        if (plan.Set(settings, "ConsoleMode", mode))
        {
            context.Machine.Require("change consoleMode of", VmPowerState.Off);
        }
    }

    private static string? Notes(SettingsContext context) => context.Machine.Settings.Array<string>("Notes") is [var first, ..] ? first : null;
}
