using System.Reflection;

namespace CredentialBroker.Cli.Help;

/// <summary>The version this program was built as.</summary>
internal static class ProductVersion
{
    public static string Text { get; } =
        $"credbroker {typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0]}";
}
