using HvPlatform.Contracts;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>
/// Reads <c>Msvm_SummaryInformation</c> of many VMs: in as few calls as the host's envelope limit allows. How many fit is learnt from what one takes, and lowered where the host
/// says that an answer was too large.
/// </summary>
/// <param name="services">The host's services.</param>
internal sealed class SummaryReader(HyperVServices services)
{
    /// <summary>Windows' default limit of an envelope, with room for what is around the instances.</summary>
    private const int Budget = 480_000;

    private const string Method = "GetSummaryInformation";

    private int perCall = 150;
    private int ceiling = int.MaxValue;

    /// <summary>What is asked for; numbers as in the method's documentation. No pictures, no snapshots, no tasks: those are large.</summary>
    private static readonly uint[] Wanted = [0, 4, 11, 101, 103, 104, 105, 106, 111, 112, 118, 121];

    /// <summary>The summaries by VM. A VM that vanished meanwhile is not in it. Throws <see cref="CimException"/>.</summary>
    public async Task<Dictionary<VmId, CimInstance>> ReadAsync(ICimSession session, IReadOnlyList<VmId> vms, string where, CancellationToken cancellationToken)
    {
        var found = new Dictionary<VmId, CimInstance>(vms.Count);
        for (var done = 0; done < vms.Count;)
        {
            var count = Math.Min(perCall, vms.Count - done);
            try
            {
                await ReadPageAsync(session, vms, done, count, found, where, cancellationToken);
                done += count;
            }
            catch (CimException error) when (error.Kind is CimErrorKind.TooLarge && count > 1)
            {
                perCall = ceiling = Math.Max(1, count * 3 / 4);
            }
            catch (CimException error) when (IsAboutOne(error, count))
            {
                // One of them was deleted after the list was read, and the host refuses all: ask in smaller groups, at last one by one.
                await ReadOneByOneAsync(session, vms, done, count, found, where, cancellationToken);
                done += count;
            }
        }

        return found;
    }

    private async Task ReadOneByOneAsync(ICimSession session, IReadOnlyList<VmId> vms, int start, int count, Dictionary<VmId, CimInstance> found, string where, CancellationToken cancellationToken)
    {
        if (count > 1)
        {
            foreach (var (from, half) in ((int, int)[])[(start, count / 2), (start + (count / 2), count - (count / 2))])
            {
                try
                {
                    await ReadPageAsync(session, vms, from, half, found, where, cancellationToken);
                }
                catch (CimException error) when (IsAboutOne(error, half))
                {
                    await ReadOneByOneAsync(session, vms, from, half, found, where, cancellationToken);
                }
            }
        }
    }

    /// <summary>Whether the others can be read without the one that the host does not take. Of a single VM only that it is gone is no error.</summary>
    private static bool IsAboutOne(CimException error, int count) => error.Kind is CimErrorKind.NotFound || (error.Kind is CimErrorKind.InvalidRequest && count > 1);

    private async Task ReadPageAsync(ICimSession session, IReadOnlyList<VmId> vms, int start, int count, Dictionary<VmId, CimInstance> found, string where, CancellationToken cancellationToken)
    {
        var arguments = new CimInstance(Method)
        {
            ["SettingData"] = Enumerable.Range(start, count).Select(i => VmPaths.SettingsOf(vms[i])).ToArray(),
            ["RequestedInformation"] = Wanted,
        };
        var answer = await session.InvokeAsync(await services.PathAsync(session, HyperVServices.Management, cancellationToken), Method, arguments, cancellationToken);
        if (answer.Number("ReturnValue") is not 0 and var value)
        {
            throw value is 32773 or 32775 or 32779
                ? new CimException(CimErrorKind.NotFound, $"{Method} of {count} VMs answered {value}.", (uint)value)
                : new CimException(CimErrorKind.Failed, $"{Method} of {count} VMs on {where} answered {value}.", (uint?)value);
        }

        long size = 0;
        var read = 0;
        foreach (var summary in Instances(answer["SummaryInformation"]))
        {
            read++;
            size += SizeOf(summary);
            if (VmPaths.OfName(summary.String("Name")) is { } vm)
            {
                found[vm] = summary;
            }
        }

        if (read > 0)
        {
            perCall = (int)Math.Clamp(Budget / Math.Max(1, size / read), 1, Math.Min(ceiling, 1000));
        }
    }

    /// <summary>Embedded instances, which one transport gives as instances and another as text.</summary>
    internal static IEnumerable<CimInstance> Instances(object? value) => value switch
    {
        CimInstance[] instances => instances,
        string[] texts => texts.Select(CimXml.Read),
        _ => [],
    };

    /// <summary>About what an instance takes in an envelope: the name of a member without a value once, of one with values twice for each.</summary>
    private static long SizeOf(CimInstance instance)
    {
        long size = 200;
        foreach (var (name, value) in instance.Properties)
        {
            size += value switch
            {
                null => name.Length + 24,
                string text => (2 * name.Length) + 10 + (text.Length * 5L / 4),
                Array many => many.Length * ((2L * name.Length) + 20),
                _ => (2 * name.Length) + 20,
            };
        }

        return size;
    }
}
