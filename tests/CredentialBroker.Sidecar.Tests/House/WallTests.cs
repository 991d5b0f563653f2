using System.Reflection;

namespace CredentialBroker.Sidecar.Tests.House;

/// <summary>What the sidecar may bring along, and how large its files may grow.</summary>
public sealed class WallTests
{
    private static readonly Assembly Sidecar = typeof(Entry).Assembly;

    [Fact]
    public void It_refers_to_the_protocol_the_framework_and_the_command_line_and_to_nothing_else() => Assert.Empty(Sidecar.GetReferencedAssemblies()
        .Select(name => name.Name!)
        .Where(name => name is not ("CredentialBroker.Protocol" or "System.CommandLine") && !name.StartsWith("System.", StringComparison.Ordinal) && !name.StartsWith("Microsoft.AspNetCore.", StringComparison.Ordinal) && !name.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal) && !name.StartsWith("Microsoft.Win32.", StringComparison.Ordinal)));

    [Fact]
    public void Every_type_is_in_a_room_that_is_listed()
    {
        string[] rooms = ["", "Commands", "Configuration", "Exec", "FrontEnds", "Hosting", "Identity", "Life"];
        Assert.Empty(Sidecar.GetTypes().Select(type => type.Namespace).Where(space => space?.StartsWith("CredentialBroker.Sidecar", StringComparison.Ordinal) == true)
            .Select(space => space!["CredentialBroker.Sidecar".Length..].TrimStart('.').Split('.')[0]).Distinct().Except(rooms));
    }

    [Fact]
    public void Files_are_small()
    {
        var files = Directory.GetFiles(CredentialBroker.TestInfra.RepositoryFiles.PathOf("src/CredentialBroker.Sidecar"), "*.cs", SearchOption.AllDirectories).Where(file => !file.Contains("/obj/", StringComparison.Ordinal)).Select(file => File.ReadLines(file).Count()).Order().ToList();
        Assert.InRange(files[files.Count / 2], 1, 70);
        Assert.True(files[^1] < 300);
    }
}
