using HvPlatform.ApiClient.Generator;

// usage: HvPlatform.ApiClient.Generator OPENAPI.json OUTPUT.cs NAMESPACE (run by the build of HvPlatform.ApiClient)
if (args is not [var input, var output, var space])
{
    Console.Error.WriteLine("usage: HvPlatform.ApiClient.Generator OPENAPI.json OUTPUT.cs NAMESPACE");
    return 2;
}

try
{
    var code = ClientWriter.Write(ApiDocument.Parse(File.ReadAllText(input)), space);
    Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(output))!);
    File.WriteAllText(output, code);
    return 0;
}
catch (Exception e) when (e is FormatException or System.Text.Json.JsonException or KeyNotFoundException)
{
    // In the form of a compiler's error: the build shows it with the file.
    Console.Error.WriteLine($"{input}: error HVAPI: {e.Message}");
    return 1;
}
