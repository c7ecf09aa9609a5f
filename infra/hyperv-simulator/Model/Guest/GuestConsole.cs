using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Model.Guest;

/// <summary>What one sees and types at a virtual machine: its screen, its keyboard.</summary>
internal sealed class GuestConsole
{
    private const string Keyboard = "Msvm_Keyboard";
    private const int LargestSide = 4096;
    private readonly SimulatedHyperVHost host;

    public GuestConsole(SimulatedHyperVHost host)
    {
        this.host = host;
        var catalogue = host.Catalogue;
        catalogue.Method("Msvm_VirtualSystemManagementService", "GetVirtualSystemThumbnailImage", (_, arguments) => Picture(arguments));
        catalogue.Method(Keyboard, "TypeText", (path, arguments) => Type(path, "text " + arguments.String("asciiText")));
        catalogue.Method(Keyboard, "TypeCtrlAltDel", (path, _) => Type(path, "ctrl+alt+del"));
        catalogue.Method(Keyboard, "TypeKey", (path, arguments) => Type(path, $"key {Key(arguments)}"));
        catalogue.Method(Keyboard, "PressKey", (path, arguments) => Press(path, Key(arguments), down: true));
        catalogue.Method(Keyboard, "ReleaseKey", (path, arguments) => Press(path, Key(arguments), down: false));
        catalogue.Method(Keyboard, "IsKeyPressed", (path, arguments) => CimBlank.Result(0, ("keyState", Running(path).Guest.PressedKeys.Contains(Key(arguments)))));
        catalogue.Method(Keyboard, "TypeScancodes", (path, arguments) => Type(path, "scancodes " + Convert.ToHexString([.. arguments.Array<byte>("Scancodes")])));
    }

    private CimInstance Picture(CimInstance arguments)
    {
        var path = arguments.Reference("TargetSystem");
        var vm = host.FindVm(path) ?? (path?.ClassName.Equals("Msvm_VirtualSystemSettingData", StringComparison.OrdinalIgnoreCase) == true ? host.FindConfiguration(path["InstanceID"])?.Vm : null);
        var width = arguments.Number("WidthPixels") ?? 0;
        var height = arguments.Number("HeightPixels") ?? 0;
        if (vm is null || width is < 1 or > LargestSide || height is < 1 or > LargestSide)
        {
            throw new MethodRefused(ReturnCode.InvalidParameter, $"There is no such virtual machine, or the size is not 1 to {LargestSide} pixels.");
        }

        return vm.State is VmState.Running or VmState.Paused or VmState.Pausing or VmState.Resuming
            ? CimBlank.Result(0, ("ImageData", Thumbnail.Draw(vm.Id, vm.Name, (int)width, (int)height)))
            : throw new MethodRefused(ReturnCode.InvalidState, $"'{vm.Name}' is {vm.State}: it has no screen.");
    }

    private CimInstance Press(CimPath path, uint key, bool down)
    {
        var guest = Running(path).Guest;
        if (down)
        {
            guest.PressedKeys.Add(key);
        }
        else
        {
            guest.PressedKeys.Remove(key);
        }

        guest.Typed.Add($"{(down ? "press" : "release")} {key}");
        return CimBlank.Result(0);
    }

    private CimInstance Type(CimPath path, string what)
    {
        Running(path).Guest.Typed.Add(what);
        return CimBlank.Result(0);
    }

    private SimulatedVm Running(CimPath path)
    {
        var vm = host.Vms[path["SystemName"]!];
        return vm.State == VmState.Running ? vm : throw new MethodRefused(ReturnCode.InvalidState, $"'{vm.Name}' is {vm.State}.");
    }

    private static uint Key(CimInstance arguments) => arguments.Number("keyCode") is > 0 and <= 255 and var key ? (uint)key : throw new MethodRefused(ReturnCode.InvalidParameter, "keyCode is 1 to 255.");
}
