using System.ComponentModel;
using System.Diagnostics;

namespace CredentialBroker.EndToEnd;

/// <summary>A fact that needs moto; told as skipped where tests/install-moto.sh could not install it.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class MotoFactAttribute : FactAttribute
{
    private static readonly Lazy<bool> HasMoto = new(() =>
    {
        try
        {
            using var python = Process.Start(MotoServer.Python("-c", "import moto.server"))!;
            // What it says is not wanted, and must not keep it waiting.
            python.BeginOutputReadLine();
            python.BeginErrorReadLine();
            python.WaitForExit();
            return python.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    });

    public MotoFactAttribute()
    {
        if (!HasMoto.Value) Skip = "moto, an emulator of AWS, is not on this machine: tests/install-moto.sh installs it";
    }
}
