using System.CommandLine;
using HvPlatform.Cli.Client.Following;

namespace HvPlatform.Cli.Client.Verbs;

/// <summary>The verbs of <c>hv vm</c> that have to do with files: copying one into the guest, moving its storage, its screen as a picture.</summary>
internal static class VmFileVerbs
{
    public static Command CopyFile(Cli cli)
    {
        var vm = Find.VmArgument();
        var source = new Argument<string>("SOURCE") { Description = "The file on the VM's host." };
        var destination = new Argument<string>("DESTINATION") { Description = "Where in the guest, with the file's name." };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace a file that is there." };
        var directories = new Option<bool>("--create-directories") { Description = "Make directories that are missing." };
        return cli.Do("copy-file", "Copies a file of the VM's host into the running guest.", [vm, source, destination, overwrite, directories], async run =>
        {
            var copy = new ApiClient.VmFileCopy { SourcePath = run.Get(source), DestinationPath = run.Get(destination), Overwrite = run.Get(overwrite), CreateDirectories = run.Get(directories) };
            return await Follow.OperationAsync(run, await run.Api.CopyFileToVmAsync(await Find.VmAsync(run, run.Get(vm)), copy, cancellationToken: run.Cancelled));
        });
    }

    public static Command MoveStorage(Cli cli)
    {
        var vm = Find.VmArgument();
        var to = new Option<string?>("--to") { Description = "The directory on the VM's host for its configuration, checkpoints and all disks that --disk does not name.", HelpName = "DIR" };
        var disks = new Option<string[]>("--disk") { Description = "SRC=DST: a disk, by its file or name, and its new file. May be repeated." };
        var retain = new Option<bool>("--retain-source") { Description = "The old files stay." };
        disks.Validators.Add(result =>
        {
            foreach (var wrong in result.Tokens.Where(t => t.Value.IndexOf('=', StringComparison.Ordinal) <= 0 || t.Value.EndsWith('=')))
            {
                result.AddError($"--disk takes SRC=DST, found '{wrong.Value}'.");
            }
        });
        return cli.Do("move-storage", "Moves a VM's storage on its own host, also while it runs.", [vm, to, disks, retain], async run =>
        {
            var move = new ApiClient.VmStorageMove
            {
                Directory = run.Get(to),
                Disks = [.. (run.Get(disks) ?? []).Select(d => d.Split('=', 2)).Select(d => new ApiClient.VmDiskMove { Source = d[0], Destination = d[1] })],
                RetainSource = run.Get(retain),
            };
            return await Follow.OperationAsync(run, await run.Api.MoveVmStorageAsync(await Find.VmAsync(run, run.Get(vm)), move, cancellationToken: run.Cancelled));
        });
    }

    public static Command Screenshot(Cli cli)
    {
        var vm = Find.VmArgument();
        var file = new Option<string>("--file", "-f") { Description = "The file to write, a PNG; - for standard output.", Required = true, HelpName = "FILE" };
        var width = new Option<int?>("--width") { Description = "Width wanted, pixels; with neither 1024 × 768. A host may give less: Hyper-V at most 480 × 360 pixels or as many in another proportion.", HelpName = "N" };
        var height = new Option<int?>("--height") { Description = "Height wanted, pixels.", HelpName = "N" };
        return cli.Verb("screenshot", "Writes a picture of a VM's screen to a file.", [vm, file, width, height], async run =>
        {
            var answer = await run.Api.GetVmScreenshotAsync(await Find.VmAsync(run, run.Get(vm)), run.Get(width), run.Get(height), cancellationToken: run.Cancelled);
            var picture = Convert.FromBase64String(answer.Value.PngBase64);
            if (run.Get(file) == "-")
            {
                await using var standardOutput = Console.OpenStandardOutput();
                await standardOutput.WriteAsync(picture, run.Cancelled);
                return ExitCodes.Done;
            }

            try
            {
                await File.WriteAllBytesAsync(run.Get(file), picture, run.Cancelled);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new CliException($"The picture cannot be written: {e.Message}", ExitCodes.Failed, e);
            }

            run.Print.Note($"{run.Get(file)}: {answer.Value.WidthPixels} × {answer.Value.HeightPixels} pixels");
            return ExitCodes.Done;
        });
    }
}
