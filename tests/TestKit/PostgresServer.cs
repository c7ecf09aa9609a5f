namespace HvPlatform.TestKit;

/// <summary>A real PostgreSQL for tests: HV_TEST_POSTGRES if set, else a child process from the distribution's package, else a container.</summary>
public sealed class PostgresServer
{
    /// <summary>The server of this test process, started at first use and stopped at exit.</summary>
    public static Task<PostgresServer> SharedAsync() => throw new NotImplementedException();

    /// <summary>A fresh, empty database; returns its connection string.</summary>
    public Task<string> CreateDatabaseAsync() => throw new NotImplementedException();
}
