using System.Text;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Grpc.Node;
using HvPlatform.Contracts.Migrations;
using HvPlatform.ServiceKit.Grpc;
using MigrationProgress = HvPlatform.Contracts.Grpc.Node.MigrationProgress;

namespace HvPlatform.HostAgent.Grpc;

/// <summary>
/// Migration is the platform's: it reserves room, prepares the destination, decides by what both hosts say and undoes what fails. So MigrateVM asks for one and tells how it goes.
/// The two rpcs before it only ask: may the VM leave, and, with what the source said, may it come.
/// </summary>
sealed partial class NodeDaemon
{
    static readonly TimeSpan s_tokenLife = TimeSpan.FromMinutes(10);

    async Task<MigrationToken> PrepareMigrationAsync(PrepareMigrationRequest request, GrpcCall call)
    {
        var vm = await FindAsync(call, request.VmId);
        var migration = Driver.Migration ?? throw Unsupported("Migration needs the facet 'migration'", "See GetNodeInfo for what the node offers.");
        var (findings, facts) = await AskAsync(call, ct => migration.CheckSourceAsync(vm.Id, new MigrationPolicy(), ct));
        Require(findings, $"VM {vm.Name} cannot leave {agent.Host.Name}");
        var expires = time.GetUtcNow() + s_tokenLife;
        var token = JsonSerializer.SerializeToUtf8Bytes(new TokenContent(request.TargetNodeUri, expires, facts!), HvJson.Options);
        return new MigrationToken { Token = Convert.ToBase64String(token), VmId = vm.Id.ToString(), ExpiresAt = Timestamp.FromDateTimeOffset(expires) };
    }

    async Task<Empty> ReceiveMigrationAsync(MigrationToken request, GrpcCall call)
    {
        var content = Read(request);
        if (content.ExpiresAt < time.GetUtcNow())
        {
            throw Error(ErrorKind.InvalidState, "token-expired", $"The token counted until {content.ExpiresAt.UtcDateTime:O}.", "Ask the source for another with PrepareMigration.");
        }

        var migration = Driver.Migration ?? throw Unsupported("Migration needs the facet 'migration'", "See GetNodeInfo for what the node offers.");
        Require(await AskAsync(call, ct => migration.CheckDestinationAsync(content.Facts, new MigrationPolicy(), ct)), $"VM {content.Facts.Vm.Name} cannot come to {agent.Host.Name}");
        return new Empty();
    }

    async Task MigrateAsync(MigrateVMRequest request, GrpcCall call, Func<MigrationProgress, Task> write)
    {
        var vm = await FindAsync(call, request.VmId);
        var destination = await platform.FindHostAsync(call, request.TargetNodeUri);
        var body = new
        {
            destinationHostId = destination,
            policy = new
            {
                mode = request.Live ? MigrationMode.Live : MigrationMode.Cold,
                storage = request.Storage ? MigrationStorage.CopyFull : MigrationStorage.Shared,
            },
        };
        MigrationProgress? last = null;
        await platform.MigrateAsync(call, $"/v1/vms/{vm.Id}/migrations", body, async now =>
        {
            var progress = Progress(vm.Id, now);
            if (!progress.Equals(last))
            {
                await write(progress);
                last = progress;
            }
        });
    }

    static MigrationProgress Progress(VmId vm, PlatformMigration now) => new()
    {
        VmId = vm.ToString(),
        PercentComplete = now.Phase == MigrationPhase.Completed ? 100 : (uint)Math.Clamp(now.Progress?.Percent ?? 0, 0, 99),
        DataTransferredBytes = (ulong)(now.TransferredBytes ?? now.Progress?.TransferredBytes ?? 0),
        DataRemainingBytes = now.Phase == MigrationPhase.Completed ? 0 : (ulong)(now.Progress?.RemainingBytes ?? 0),
        Phase = now.Phase switch
        {
            MigrationPhase.Transferring => "transferring",
            MigrationPhase.Finishing or MigrationPhase.Confirming => "switching",
            MigrationPhase.Completed => "complete",
            MigrationPhase.Cancelling or MigrationPhase.RollingBack or MigrationPhase.RolledBack or MigrationPhase.Failed => "undoing",
            MigrationPhase.InDoubt => "in-doubt",
            _ => "preparing",
        },
        Error = now.Error?.Message ?? "",
    };

    static TokenContent Read(MigrationToken request)
    {
        try
        {
            var content = JsonSerializer.Deserialize<TokenContent>(Encoding.UTF8.GetString(Convert.FromBase64String(request.Token)), HvJson.Options);
            return content is { Facts.Vm: not null } && content.Facts.Vm.Id == Id(request.VmId) ? content : throw new JsonException("it is of another VM");
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            throw new GrpcException(GrpcStatus.InvalidArgument, $"token is none that PrepareMigration gave: {e.Message}", e);
        }
    }

    void Require(IReadOnlyList<MigrationFinding> findings, string what)
    {
        var failed = findings.Where(f => !f.Passed).ToList();
        if (failed.Count > 0)
        {
            throw Error(ErrorKind.InvalidState, "migration-checks-failed", $"{what}: {string.Join("; ", failed.Select(f => $"{f.Check}: {f.Detail}"))}", "Mend what is named and ask again.");
        }
    }

    /// <summary>What the source said, on its way through the caller to the destination. It opens nothing: the platform checks for itself.</summary>
    sealed record TokenContent(string Target, DateTimeOffset ExpiresAt, MigrationSourceFacts Facts);
}
