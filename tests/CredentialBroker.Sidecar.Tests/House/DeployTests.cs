using CredentialBroker.Sidecar.Configuration;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Sidecar.Tests.House;

/// <summary>What is shipped for running the sidecar names only settings that exist.</summary>
public sealed class DeployTests
{
    [Fact]
    public void The_example_configuration_is_one()
    {
        var options = OptionsFile.Read(RepositoryFiles.PathOf("deploy/sidecar/sidecar.json"));
        // Where files lie differs from machine to machine; all else has to be right.
        Assert.All(options.Validate(), mistake => Assert.Matches("no file at|is not in memory", mistake));
    }

    [Fact]
    public void The_pod_shares_credentials_in_memory_between_two_containers_and_confines_both()
    {
        var pod = File.ReadAllText(RepositoryFiles.PathOf("deploy/kubernetes/sidecar.yaml"));
        Assert.Contains("emptyDir: { medium: Memory", pod, StringComparison.Ordinal);
        Assert.Equal(2, pod.Split("capabilities: { drop: [ALL] }").Length - 1);
        Assert.Equal(2, pod.Split("{ name: credentials, mountPath:").Length - 1);
        Assert.DoesNotContain("shareProcessNamespace", pod, StringComparison.Ordinal);
    }
}
