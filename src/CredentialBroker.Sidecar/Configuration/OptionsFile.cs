using System.Text.Json;

namespace CredentialBroker.Sidecar.Configuration;

/// <summary>Reads the configuration file; what it does not know is a mistake.</summary>
internal static class OptionsFile
{
    private const int Largest = 256 * 1024;

    public static SidecarOptions Read(string file)
    {
        var about = new FileInfo(file);
        if (!about.Exists) throw CommandException.Usage($"no configuration at '{file}'");
        if (about.Length > Largest) throw CommandException.Usage($"{file} is larger than {Largest} bytes");
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(file), OptionsJson.Default.SidecarOptions) ?? throw CommandException.Usage($"{file} holds null");
        }
        catch (JsonException wrong)
        {
            throw CommandException.Usage($"{file}:{wrong.LineNumber + 1}: {wrong.Path}: {wrong.Message.Split(" Path:")[0]}");
        }
    }
}
