using System.Text.Json;
using HvPlatform.Contracts;

namespace HvPlatform.MigrationSaga.Record;

/// <summary>Reads recordings from files, as the corpus has them and the simulation writes them: one JSON document each (<see cref="MigrationRecording"/>).</summary>
public static class RecordingFile
{
    /// <summary>The recording in <paramref name="text"/>.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static MigrationRecording Parse(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<MigrationRecording>(text, HvJson.Options) ?? throw new FormatException("The file is empty.");
        }
        catch (JsonException e)
        {
            throw new FormatException($"The file is no recording of a migration: {e.Message}", e);
        }
    }
}
