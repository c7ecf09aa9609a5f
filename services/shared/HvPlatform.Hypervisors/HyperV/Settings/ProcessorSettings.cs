using HvPlatform.Contracts.Vms;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>Virtual processors, on <c>Msvm_ProcessorSettingData</c>. Limit and reservation are thousandths of a percent of one processor: 100 000 is a whole one.</summary>
internal sealed class ProcessorSettings : SettingGroup
{
    private const string Class = "Msvm_ProcessorSettingData";
    private const double UnitsPerPercent = 1000;
    private const int MostProcessors = 2048;

    public override VmSettingsState Read(SettingsContext context, VmSettingsState state)
    {
        var processor = context.One(Class);
        return state with
        {
            Processor = new VmProcessorSettings
            {
                Count = (int?)processor.Number("VirtualQuantity"),
                LimitPercent = processor.Number("Limit") / UnitsPerPercent,
                ReservationPercent = processor.Number("Reservation") / UnitsPerPercent,
                Weight = (int?)processor.Number("Weight"),
            },
        };
    }

    public override void Plan(SettingsContext context, VmSettings wanted, SettingsPlan plan)
    {
        if (wanted.Processor is not { } change)
        {
            return;
        }

        var processor = context.One(Class);
        Within(change.Count, 1, MostProcessors, "processor.count", context);
        Within(change.LimitPercent, 0, 100, "processor.limitPercent", context);
        Within(change.ReservationPercent, 0, 100, "processor.reservationPercent", context);
        Within(change.Weight, 1, 10_000, "processor.weight", context);
        if ((change.ReservationPercent ?? processor.Number("Reservation") / UnitsPerPercent) > (change.LimitPercent ?? processor.Number("Limit") / UnitsPerPercent))
        {
            throw HyperVErrors.Validation("processor.reservationPercent", "is above processor.limitPercent, what is set now counted in.", context.Machine.Where);
        }

        if (plan.Set(processor, "VirtualQuantity", (ulong?)change.Count))
        {
            context.Machine.Require("change processor.count of", VmPowerState.Off);
        }

        plan.Set(processor, "Limit", (ulong?)(change.LimitPercent * UnitsPerPercent));
        plan.Set(processor, "Reservation", (ulong?)(change.ReservationPercent * UnitsPerPercent));
        plan.Set(processor, "Weight", (uint?)change.Weight);
    }

    /// <summary>Refuses a number out of bounds by its member's name. Null passes.</summary>
    public static void Within(double? value, double least, double most, string member, SettingsContext context)
    {
        if (!(value is null || (value >= least && value <= most)))
        {
            throw HyperVErrors.Validation(member, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"must be {least} to {most}, found {value}."), context.Machine.Where);
        }
    }
}
