namespace HvPlatform.Orchestrator.Store;

/// <summary>What other migrations take of a host, or of the platform.</summary>
/// <param name="Running">Migrations that hold a reservation, in or out.</param>
/// <param name="GrantedMiBps">The sum of their shares of the bandwidth.</param>
/// <param name="WaitingBefore">Older ones that were put off there and go on asking.</param>
internal sealed record MigrationLoad(int Running, long GrantedMiBps, int WaitingBefore);
