using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Hypervisors;
using HvPlatform.Hypervisors.Simulated;
using Xunit;

namespace HvPlatform.SimulationTests.Agents;

/// <summary>What ends an operation on a host, and what of the same operation comes before, beside or after it, with deaths in between.</summary>
public sealed class ClosingTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Transfer_that_comes_after_its_abort_does_not_begin_not_even_after_a_restart(bool restart)
    {
        var hosts = new TwoHosts(1);
        VmTransferEnded? ended = null;
        Assert.True(hosts.RunToEnd(async () =>
        {
            Assert.Equal("no-transfer", (await hosts.AskAsync<MigrationStepFailed>(hosts.Source, hosts.Abort())).Error.Code);
            if (restart)
            {
                hosts.Source.Restart();
            }

            ended = await hosts.AskAsync<VmTransferEnded>(hosts.Source, hosts.Transfer());
        }));
        Assert.Equal((VmTransferOutcome.Aborted, "operation-closed"), (ended!.Outcome, ended.Error!.Code));
        AssertStayed(hosts, "tombstone");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Prepare_that_comes_after_its_clean_up_does_not_begin_not_even_after_a_restart(bool restart)
    {
        var hosts = new TwoHosts(1);
        Assert.True(hosts.RunToEnd(async () =>
        {
            var facts = (await hosts.AskAsync<MigrationSourceChecked>(hosts.Source, hosts.CheckSource())).Source!;
            await hosts.AskAsync<MigrationDestinationCleanedUp>(hosts.Destination, hosts.CleanUp());
            if (restart)
            {
                hosts.Destination.Restart();
            }

            Assert.Equal("operation-closed", (await hosts.AskAsync<MigrationStepFailed>(hosts.Destination, hosts.Prepare(facts))).Error.Code);
        }));
        Assert.Empty(hosts.Fleet[hosts.Destination.HostId].PreparedVms);
        Assert.DoesNotContain(hosts.Effects, e => e.Operation == SimulatedOperation.PrepareDestination);
    }

    [Fact]
    public void Another_operation_is_not_closed_with_it()
    {
        var hosts = new TwoHosts(1);
        Assert.True(hosts.RunToEnd(async () =>
        {
            await hosts.AskAsync<MigrationStepFailed>(hosts.Source, hosts.Abort());
            var other = hosts.Transfer("transfer-of-the-next") with { OperationId = OperationId.From(Guid.Parse("0d1f7c1e-6f7b-4f0e-8a53-000000000002")), Epoch = 2 };
            Assert.Equal(VmTransferOutcome.Completed, (await hosts.AskAsync<VmTransferEnded>(hosts.Source, other)).Outcome);
        }));
    }

    [Fact]
    public void Prepare_and_clean_up_in_any_order_and_with_a_death_anywhere_leave_nothing_prepared()
    {
        var (prepared, refused) = (0, 0);
        for (var seed = 1; seed <= 300; seed++)
        {
            var hosts = new TwoHosts(seed);
            if (seed % 2 == 0)
            {
                hosts.KillAt = (hosts.Destination, 10 + (seed % 120));
            }

            var ended = hosts.RunToEnd(async () =>
            {
                var facts = (await hosts.AskAsync<MigrationSourceChecked>(hosts.Source, hosts.CheckSource())).Source!;
                await Task.WhenAll(
                    LaterAsync(hosts, () => hosts.AskAsync<object>(hosts.Destination, hosts.Prepare(facts))),
                    LaterAsync(hosts, () => hosts.AskAsync<MigrationDestinationCleanedUp>(hosts.Destination, hosts.CleanUp())));
            });
            Assert.True(ended, $"seed {seed} did not end");
            Assert.True(hosts.Fleet[hosts.Destination.HostId].PreparedVms.Count == 0, $"seed {seed} left the destination prepared");
            prepared += hosts.Effects.Any(e => e.Operation == SimulatedOperation.PrepareDestination) ? 1 : 0;
            refused += hosts.Said.Any(p => p.Message is MigrationStepFailed { Error.Code: "operation-closed" }) ? 1 : 0;
        }

        Assert.True(prepared > 20 && refused > 20, $"prepared {prepared}, refused {refused}: the orders were not mixed");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Once_abort_or_restore_was_answered_no_transfer_of_its_operation_begins_or_goes_on(bool restore)
    {
        var (completed, aborted) = (0, 0);
        for (var seed = 1; seed <= 300; seed++)
        {
            var hosts = new TwoHosts(seed);
            if (seed % 2 == 0)
            {
                hosts.KillAt = (hosts.Source, 10 + (seed % 200));
            }

            if (seed % 3 == 0)
            {
                // A call that is long on its way to the hypervisor.
                hosts.Fleet[hosts.Source.HostId].Inject(new SimulatedFault { Operation = SimulatedOperation.Transfer, Delay = TimeSpan.FromMilliseconds(seed * 2) });
            }

            VmTransferEnded? transfer = null;
            var (restored, late) = (false, false);
            hosts.Fleet.Changed += e => late |= restored && e.Operation == SimulatedOperation.Transfer;
            var ended = hosts.RunToEnd(async () => await Task.WhenAll(
                LaterAsync(hosts, async () => transfer = await hosts.AskAsync<VmTransferEnded>(hosts.Source, hosts.Transfer())),
                LaterAsync(hosts, async () =>
                {
                    if (restore)
                    {
                        restored = await hosts.AskAsync<object>(hosts.Source, hosts.Restore()) is MigrationSourceRestored;
                    }
                    else
                    {
                        await hosts.SendAsync(hosts.Source, hosts.Abort());
                    }
                })));
            Assert.True(ended, $"seed {seed} did not end");
            var quiet = hosts.Scheduler.Now + TimeSpan.FromSeconds(30);
            hosts.Run(() => hosts.Scheduler.Now > quiet);
            Assert.False(late, $"seed {seed}: a transfer began after the VM was let run on");
            var where = Assert.Single(hosts.Fleet.WhereIs(hosts.Vm));
            Assert.True(where.State == VmState.Running, $"seed {seed}: {where}");
            Assert.True(hosts.Effects.Count(e => e.Operation == SimulatedOperation.Transfer) <= 1, $"seed {seed}: transferred twice");
            if (where.Host == hosts.Destination.HostId)
            {
                completed++;
                Assert.NotEqual(VmTransferOutcome.Aborted, transfer!.Outcome);
            }
            else
            {
                aborted++;
                Assert.NotEqual(VmTransferOutcome.Completed, transfer!.Outcome);
            }
        }

        Assert.True(completed > 10 && aborted > 20, $"completed {completed}, aborted {aborted}: the orders were not mixed");
    }

    [Fact]
    public void Transfer_that_ends_while_the_next_agent_looks_for_it_is_not_begun_again()
    {
        var unseen = 0;
        for (var ms = 0; ms < 200; ms += 2)
        {
            var hosts = new TwoHosts(ms);
            VmTransferEnded? ended = null;
            Assert.True(hosts.RunToEnd(async () =>
            {
                await hosts.SendAsync(hosts.Source, hosts.Transfer() with { Policy = new MigrationPolicy { BandwidthMiBps = 1 } });
                await Task.Delay(TimeSpan.FromSeconds(1), hosts.Time);
                hosts.Source.Restart();
                await Task.Delay(TimeSpan.FromMilliseconds(ms), hosts.Time);
                await StopNativelyAsync(hosts);
                ended = await hosts.AskAsync<VmTransferEnded>(hosts.Source, hosts.Transfer());
            }));
            Assert.Contains(ended!.Outcome, (VmTransferOutcome[])[VmTransferOutcome.Aborted, VmTransferOutcome.Failed]);
            Assert.Equal(1, hosts.Effects.Count(e => e.Operation == SimulatedOperation.Transfer));
            Assert.Equal([(hosts.Source.HostId, VmState.Running)], hosts.Fleet.WhereIs(hosts.Vm));
            unseen += ended.Outcome == VmTransferOutcome.Failed ? 1 : 0;
        }

        Assert.InRange(unseen, 1, 99);
    }

    /// <summary>As an operator with the native tools would.</summary>
    static async Task StopNativelyAsync(TwoHosts hosts)
    {
        await using var driver = new SimulatedDriver(hosts.Fleet, hosts.Source.HostId);
        var request = new TransferRequest(hosts.Vm, "", new MigrationPolicy(), AttachOnly: true);
        await driver.Migration!.TransferAsync(request, new Progress(), new CancellationToken(canceled: true));
    }

    static async Task LaterAsync(TwoHosts hosts, Func<Task> work)
    {
        await Task.Delay(TimeSpan.FromTicks(hosts.Scheduler.Random.NextInt64(TimeSpan.TicksPerMillisecond * 400)), hosts.Time);
        await work();
    }

    sealed class Progress : IProgress<MigrationProgress>
    {
        public void Report(MigrationProgress value)
        {
        }
    }

    static void AssertStayed(TwoHosts hosts, string when)
    {
        Assert.Equal([(hosts.Source.HostId, VmState.Running)], hosts.Fleet.WhereIs(hosts.Vm));
        Assert.False(hosts.Effects.Any(e => e.Operation == SimulatedOperation.Transfer), when);
    }
}
