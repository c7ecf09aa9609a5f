using System.Text;
using System.Text.Json;
using HvPlatform.Events;
using Npgsql;
using Xunit;

namespace HvPlatform.UnitTests.Events;

public sealed class EventTypesTests
{
    [Theory]
    [InlineData("VmStarted", "vm_started")]
    [InlineData("MigrationPhaseChanged", "migration_phase_changed")]
    [InlineData("HostV2Seen", "host_v2_seen")]
    [InlineData("Note", "note")]
    public void The_default_alias_is_the_name_in_snake_case(string name, string alias) => Assert.Equal(alias, EventTypes.SnakeCase(name));

    [Fact]
    public void An_alias_or_a_type_cannot_be_registered_twice()
    {
        var types = new EventTypes().Add<First>().Upcast<First>("first_v0", json => json);
        Assert.Contains("'first'", Assert.Throws<ArgumentException>(() => types.Add<Second>("first")).Message);
        Assert.Contains("'first_v0'", Assert.Throws<ArgumentException>(() => types.Add<Second>("first_v0")).Message);
        Assert.Contains("'first'", Assert.Throws<ArgumentException>(() => types.Upcast<First>("first", json => json)).Message);
        Assert.Contains("registered twice", Assert.Throws<ArgumentException>(() => types.Add<First>("another")).Message);
        Assert.Throws<ArgumentException>(() => types.Add<Second>(new string('x', 501)));
        Assert.Throws<ArgumentException>(() => new EventTypes().Upcast<First>("first_v0", json => json));
    }

    [Fact]
    public void Aliases_of_a_type_include_its_old_versions()
    {
        var types = new EventTypes().Add<First>("first_v3").Add<Second>().Upcast("first", "first_v2", json => json).Upcast("first_v2", "first_v3", json => json);
        Assert.Equal(["first", "first_v2", "first_v3"], types.AliasesOf<First>().Order());
        Assert.Equal(["second"], types.AliasesOf<Second>());
        Assert.Equal("first_v3", types.AliasOf(typeof(First)));
    }

    [Fact]
    public void An_upcast_that_leads_nowhere_is_an_error_when_read()
    {
        var types = new EventTypes().Upcast("first", "first_v2", json => json);
        Assert.Contains("'first_v2'", Assert.Throws<InvalidOperationException>(() => types.Read("first", "{}"u8)).Message);
    }

    [Fact]
    public void A_circle_of_upcasts_is_refused_when_registered()
    {
        var types = new EventTypes().Upcast("a", "b", json => json).Upcast("b", "c", json => json);
        Assert.Contains("circle", Assert.Throws<ArgumentException>(() => types.Upcast("c", "a", json => json)).Message);
        Assert.Contains("circle", Assert.Throws<ArgumentException>(() => types.Upcast("d", "d", json => json)).Message);
    }

    [Fact]
    public void Data_that_is_null_is_an_error_and_an_unknown_alias_is_not()
    {
        var types = new EventTypes().Add<First>();
        Assert.Throws<JsonException>(() => types.Read("first", "null"u8));
        Assert.Null(types.Read("unheard_of", "{}"u8));
        Assert.Equal(new First("é"), types.Read("first", Encoding.UTF8.GetBytes("""{"text":"é"}""")));
    }

    sealed record First(string Text);

    sealed record Second(string Text);
}

public sealed class EventStoreConcurrencyExceptionTests
{
    [Fact]
    public void Only_the_stores_own_error_is_a_conflict()
    {
        var stream = Guid.NewGuid();
        var conflict = EventStoreConcurrencyException.From(new PostgresException($"stream {stream} is at version 12, expected 0", "ERROR", "ERROR", "ES409"));
        Assert.Equal((stream, 0L, 12L), (conflict!.StreamId, conflict.Expected, conflict.Actual));
        Assert.Null(EventStoreConcurrencyException.From(new PostgresException("duplicate key", "ERROR", "ERROR", PostgresErrorCodes.UniqueViolation)));
    }
}
