using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Grpc.Node;
using HvPlatform.Contracts.Vms;
using HvPlatform.ServiceKit.Grpc;
using EventType = HvPlatform.Contracts.Grpc.Node.NodeEvent.Types.EventType;

namespace HvPlatform.HostAgent.Grpc;

/// <summary>Figures and events, for as long as the caller listens.</summary>
sealed partial class NodeDaemon
{
    const uint DefaultIntervalSeconds = 5;
    const uint LongestIntervalSeconds = 3600;
    static readonly TimeSpan s_movedLately = TimeSpan.FromMinutes(1);
    static readonly TimeSpan s_firstLook = TimeSpan.FromMilliseconds(100);

    async Task StreamMetricsAsync(StreamMetricsRequest request, GrpcCall call, Func<NodeMetrics, Task> write)
    {
        var stats = Driver.Stats ?? throw Unsupported("Metrics need the facet 'stats'", "See GetNodeInfo for what the node offers.");
        if (request.IntervalSeconds > LongestIntervalSeconds)
        {
            throw new GrpcException(GrpcStatus.InvalidArgument, $"interval_seconds is {request.IntervalSeconds}; at most {LongestIntervalSeconds} is possible.");
        }

        var interval = TimeSpan.FromSeconds(request.IntervalSeconds == 0 ? DefaultIntervalSeconds : request.IntervalSeconds);
        var capabilities = await AskAsync(call, Driver.GetCapabilitiesAsync);
        var (samples, marks) = await ReadAsync();
        var (visible, seenAt) = (await _access.VisibleAsync(call), time.GetTimestamp());
        await call.OpenAsync();
        while (true)
        {
            await Task.Delay(interval, time, call.CancellationToken);
            if (time.GetElapsedTime(seenAt) >= CallerAccess.Kept)
            {
                (visible, seenAt) = (await _access.VisibleAsync(call, visible), time.GetTimestamp());
            }

            var before = marks;
            (samples, marks) = await ReadAsync();
            var processors = (await AskAsync(call, Driver.ListAsync)).Vms.ToDictionary(v => v.Id, v => v.Vcpus);
            var metrics = new NodeMetrics
            {
                Timestamp = Timestamp.FromDateTimeOffset(time.GetUtcNow()),
                MemoryTotalBytes = (ulong)capabilities.MemoryMiB * MiB,
                MemoryUsedBytes = await AskAsync(call, Driver.GetFreeMemoryMiBAsync) is { } free ? (ulong)Math.Max(0, capabilities.MemoryMiB - free) * MiB : 0,
                CpuUsagePercent = Math.Min(100, samples.Sum(s => before.TryGetValue(s.Vm, out var b) ? Percent(b, marks[s.Vm], capabilities.CpuCount) : 0)),
            };
            metrics.Vms.AddRange(samples.Where(s => visible.Contains(s.Vm)).Select(s => new VMMetrics
            {
                VmId = s.Vm.ToString(),
                CpuUsagePercent = before.TryGetValue(s.Vm, out var b) ? Percent(b, marks[s.Vm], processors.GetValueOrDefault(s.Vm, 1)) : 0,
                MemoryUsedBytes = (ulong)(s.MemoryUsedMiB ?? 0) * MiB,
                DiskReadBytes = (ulong)(s.DiskReadBytes ?? 0),
                DiskWriteBytes = (ulong)(s.DiskWriteBytes ?? 0),
                NetworkRxBytes = (ulong)(s.NetReceivedBytes ?? 0),
                NetworkTxBytes = (ulong)(s.NetSentBytes ?? 0),
            }));
            await write(metrics);
        }

        async Task<(IReadOnlyList<Hypervisors.VmSample> Samples, Dictionary<VmId, CpuMark> Marks)> ReadAsync()
        {
            var read = await AskAsync(call, stats.SampleAsync);
            var at = time.GetTimestamp();
            return (read, read.ToDictionary(s => s.Vm, s => new CpuMark(s.CpuTimeNs, at)));
        }
    }

    /// <summary>
    /// After each word of the hypervisor the VM is looked at, and what has changed since the last look is told. Of a VM that the platform has not judged yet, or does not
    /// know yet, the change is kept and told when it shows the VM. A caller that reads too slowly makes the hypervisor's own buffer overflow; its stream then ends with
    /// UNAVAILABLE and says that events were lost.
    /// </summary>
    async Task StreamEventsAsync(Empty request, GrpcCall call, Func<NodeEvent, Task> write)
    {
        using var watch = CancellationTokenSource.CreateLinkedTokenSource(call.CancellationToken);
        await using var events = Driver.WatchAsync(watch.Token).GetAsyncEnumerator(watch.Token);
        var next = events.MoveNextAsync().AsTask();
        try
        {
            var known = (await AskAsync(call, Driver.ListAsync)).Vms.ToDictionary(v => v.Id);
            var told = new HashSet<VmId>(await _access.VisibleAsync(call));

            // What the hypervisor last said of VMs that the platform has not shown: they are looked for together, while the others are told.
            var waiting = new Dictionary<VmId, string>();
            Task<IReadOnlySet<VmId>>? look = null;
            var pause = s_firstLook;
            await call.OpenAsync();
            var count = 0L;
            while (true)
            {
                look ??= waiting.Count > 0 ? _access.LookAsync(call, pause, watch.Token) : null;
                await Task.WhenAny(next, look ?? (Task)next);
                if (look is { IsCompleted: true })
                {
                    foreach (var id in (await look).Where(waiting.ContainsKey).ToList())
                    {
                        await TellAsync(id, await AskAsync(call, ct => Driver.GetAsync(id, ct)), waiting[id], sees: true);
                    }

                    (look, pause) = (null, pause * 2 < CallerAccess.Kept ? pause * 2 : CallerAccess.Kept);
                    continue;
                }

                if (!await next)
                {
                    return;
                }

                var word = events.Current;
                var now = word.Gone ? null : await AskAsync(call, ct => Driver.GetAsync(word.Vm, ct));
                await TellAsync(word.Vm, now, word.Cause, now is null || waiting.ContainsKey(word.Vm) ? null : await _access.SeesAsync(call, word.Vm, told.Contains(word.Vm)));
                next = events.MoveNextAsync().AsTask();
            }

            async Task TellAsync(VmId id, VmInfo? now, string cause, bool? sees)
            {
                var before = known.GetValueOrDefault(id);
                _ = sees switch { true => told.Add(id), false => told.Remove(id), null => false };
                if (now is not null && !told.Contains(id) && (sees is null || before is null))
                {
                    pause = waiting.TryAdd(id, cause) ? s_firstLook : pause;
                    waiting[id] = cause;
                    return;
                }

                // Of a VM that is gone those hear who could see it before.
                foreach (var (type, message) in told.Contains(id) ? Differences(before, now, agent.HasMoved(id, time.GetUtcNow() - s_movedLately), cause) : [])
                {
                    await write(new NodeEvent
                    {
                        Id = (++count).ToString(CultureInfo.InvariantCulture),
                        Timestamp = Timestamp.FromDateTimeOffset(time.GetUtcNow()),
                        Type = type,
                        VmId = id.ToString(),
                        Message = message,
                        Metadata = { ["cause"] = cause, ["state"] = (now?.State ?? VmState.Unknown).ToString() },
                    });
                }

                waiting.Remove(id);
                if (now is null)
                {
                    known.Remove(id);
                    told.Remove(id);
                }
                else
                {
                    known[id] = now;
                }
            }
        }
        finally
        {
            // However the stream ends: the watch ends with it, and is not left while its next word is still awaited.
            await watch.CancelAsync();
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    static IEnumerable<(EventType Type, string Message)> Differences(VmInfo? before, VmInfo? now, bool moved, string cause)
    {
        if (now is null)
        {
            if (before is not null)
            {
                yield return moved ? (EventType.VmMigrated, $"VM {before.Name} has left this host.") : (EventType.VmDeleted, $"VM {before.Name} is gone.");
            }

            yield break;
        }

        if (before is null)
        {
            yield return moved ? (EventType.VmMigrated, $"VM {now.Name} has come to this host.") : (EventType.VmDefined, $"VM {now.Name} is defined.");
            if (!moved && now.State == VmState.Running)
            {
                yield return (EventType.VmStarted, $"VM {now.Name} runs.");
            }

            yield break;
        }

        var told = false;
        if (before.State != now.State && Change(before.State, now.State) is { } change)
        {
            told = true;
            yield return (change, $"VM {now.Name} was {before.State} and is {now.State}.");
        }

        foreach (var (type, what) in Devices(before.Disks.Select(d => d.Target), now.Disks.Select(d => d.Target), EventType.DiskAttached, EventType.DiskDetached)
            .Concat(Devices(before.Nics.Select(n => n.MacAddress), now.Nics.Select(n => n.MacAddress), EventType.NicAttached, EventType.NicDetached)))
        {
            told = true;
            yield return (type, $"VM {now.Name}: {what}.");
        }

        if (!told)
        {
            yield return (EventType.VmChanged, $"VM {now.Name}: {cause}.");
        }
    }

    static EventType? Change(VmState before, VmState now) => now switch
    {
        VmState.Running => before == VmState.Paused ? EventType.VmResumed : EventType.VmStarted,
        VmState.Paused => EventType.VmPaused,
        VmState.Off or VmState.Saved or VmState.Suspended => EventType.VmStopped,
        VmState.Crashed => EventType.VmCrashed,
        _ => null,
    };

    static IEnumerable<(EventType Type, string What)> Devices(IEnumerable<string> before, IEnumerable<string> now, EventType attached, EventType detached) =>
        now.Except(before).Select(d => (attached, d)).Concat(before.Except(now).Select(d => (detached, d)));
}
