using System.Text;
using CredentialBroker.Node.Gate;
using CredentialBroker.Node.Reading;

namespace CredentialBroker.Node.Tests.Gate;

/// <summary>Every way in which a container may be given something of its host is one exact line.</summary>
public sealed class CreationTests
{
    [Theory]
    [InlineData("\"Privileged\":true", "privileged")]
    [InlineData("\"Binds\":[\"/data:/data:ro\"]", "bind:/data:/data:ro")]
    [InlineData("\"Binds\":[\"/data:/x\"]", "bind:/data:/x:rw")]
    [InlineData("\"Binds\":[\"/data:/x:ro,rshared\"]", "bind:/data:/x:ro propagation:rshared:/x")]
    [InlineData("\"Binds\":[\"pgdata:/x\"]", "volume:pgdata:/x:rw")]
    [InlineData("\"Binds\":[\"/anonymous\"]", "")]
    [InlineData("\"Mounts\":[{\"Type\":\"bind\",\"Source\":\"/a\",\"Target\":\"/b\",\"ReadOnly\":true}]", "bind:/a:/b:ro")]
    [InlineData("\"Mounts\":[{\"Type\":\"volume\",\"Source\":\"v\",\"Target\":\"/b\",\"VolumeOptions\":{\"DriverConfig\":{\"Name\":\"local\",\"Options\":{\"type\":\"none\",\"o\":\"bind\",\"device\":\"/etc\"}}}}]", "volume:v:/b:rw volume-option:v:type=none volume-option:v:o=bind volume-option:v:device=/etc bind:/etc:/b:rw")]
    [InlineData("\"Mounts\":[{\"Type\":\"npipe\",\"Source\":\"p\",\"Target\":\"q\"}]", "mount:npipe:p:q")]
    [InlineData("\"Mounts\":[{\"Type\":\"tmpfs\",\"Target\":\"/t\",\"TmpfsOptions\":{\"SizeBytes\":1}}]", "")]
    [InlineData("\"VolumesFrom\":[\"other:ro\"]", "volumes-from:other:ro")]
    [InlineData("\"VolumeDriver\":\"nfs\"", "volume-driver:nfs")]
    [InlineData("\"CapAdd\":[\"cap_sys_admin\",\"ALL\"]", "capability:SYS_ADMIN capability:ALL")]
    [InlineData("\"Devices\":[{\"PathOnHost\":\"/dev/sda\",\"PathInContainer\":\"/dev/x\",\"CgroupPermissions\":\"rwm\"}]", "device:/dev/sda:/dev/x:rwm")]
    [InlineData("\"DeviceCgroupRules\":[\"a *:* rwm\"]", "device-rule:a *:* rwm")]
    [InlineData("\"DeviceRequests\":[{\"Driver\":\"nvidia\",\"Count\":-1,\"Capabilities\":[[\"gpu\"]]}]", "device-request:nvidia:-1::gpu")]
    [InlineData("\"SecurityOpt\":[\"seccomp=unconfined\",\"no-new-privileges\"]", "security:seccomp=unconfined")]
    [InlineData("\"SecurityOpt\":[\"systempaths=unconfined\",\"label=disable\",\"apparmor=unconfined\"]", "security:systempaths=unconfined security:label=disable security:apparmor=unconfined")]
    [InlineData("\"MaskedPaths\":[],\"ReadonlyPaths\":[]", "masked-paths:none readonly-paths:none")]
    [InlineData("\"PidMode\":\"host\",\"IpcMode\":\"host\",\"NetworkMode\":\"host\",\"UTSMode\":\"host\",\"UsernsMode\":\"host\",\"CgroupnsMode\":\"host\"", "namespace:host-pid namespace:host-ipc namespace:host-uts namespace:host-user namespace:host-cgroup namespace:host-network")]
    [InlineData("\"PidMode\":\"container:abc\",\"NetworkMode\":\"container:abc\"", "namespace:container-pid:abc namespace:container-network:abc")]
    [InlineData("\"NetworkMode\":\"shop\",\"IpcMode\":\"private\",\"CgroupnsMode\":\"private\"", "")]
    [InlineData("\"CgroupParent\":\"/x\",\"Runtime\":\"kata\",\"OomScoreAdj\":-500", "cgroup-parent:/x runtime:kata oom-score:-500")]
    [InlineData("\"Runtime\":\"runc\",\"OomScoreAdj\":0,\"Memory\":1,\"NanoCpus\":2,\"PidsLimit\":3", "")]
    [InlineData("\"Sysctls\":{\"net.ipv4.ip_forward\":\"1\"},\"GroupAdd\":[\"docker\"],\"PublishAllPorts\":true", "sysctl:net.ipv4.ip_forward=1 group:docker publish-all-ports")]
    [InlineData("\"LogConfig\":{\"Type\":\"syslog\",\"Config\":{\"syslog-address\":\"x\"}}", "log-driver:syslog")]
    [InlineData("\"Annotations\":{\"run.oci.hooks\":\"x\"}", "annotation:run.oci.hooks=x")]
    public void R42_Resources_of_the_host_are_lines(string members, string lines)
    {
        var creation = Creation.Of(BodyReader.Read(Encoding.UTF8.GetBytes($"{{\"Image\":\"i\",\"HostConfig\":{{{members}}}}}")));
        Assert.Equal(lines, string.Join(' ', creation.Resources));
    }

    [Theory]
    [InlineData("", "standard")]
    [InlineData("\"Privileged\":true", "privileged")]
    [InlineData("\"CapAdd\":[\"NET_ADMIN\"]", "privileged")]
    [InlineData("\"Binds\":[\"/data:/data\"]", "privileged")]
    [InlineData("\"NetworkMode\":\"host\"", "privileged")]
    public void R61_The_tier_follows_from_what_is_asked_for(string members, string tier)
    {
        var resources = Creation.Of(BodyReader.Read(Encoding.UTF8.GetBytes($"{{\"HostConfig\":{{{members}}}}}"))).Resources;
        Assert.Equal(tier, Tiers.Of(resources, new Caller("ci", null, null, "ci", null)));
        // Whoever comes over the engine's socket is nobody in particular.
        Assert.Equal("privileged", Tiers.Of(resources, new Caller(Caller.Anonymous, null, null, "socket", null)));
    }

    [Theory]
    [InlineData("/", "host_path_never")]
    [InlineData("/etc", "host_path_never")]
    [InlineData("/etc/", "host_path_never")]
    [InlineData("/etc/shadow", "host_path_never")]
    [InlineData("/proc/1/root", "host_path_never")]
    [InlineData("/var", "host_path_never")]
    [InlineData("/var/lib", "host_path_never")]
    [InlineData("/var/run/docker.sock", "host_path_never")]
    [InlineData("/run/containerd/containerd.sock", "host_path_never")]
    [InlineData("/srv/x/docker.sock", "host_path_never")]
    [InlineData("/home/a", "host_path_never")]
    [InlineData("/dev", "host_path_never")]
    [InlineData("/srv/vault", "host_path_never")]
    [InlineData("/srv", "host_path_never")]
    [InlineData("/opt/../etc", "host_path_unclear")]
    [InlineData("//etc", "host_path_unclear")]
    [InlineData("/opt/./x", "host_path_unclear")]
    [InlineData("opt", "host_path_unclear")]
    [InlineData("/etcetera", null)]
    [InlineData("/opt/data", null)]
    public void R50_Paths_that_are_never_exposed_are_not_exposed(string path, string? code) => Assert.Equal(code, ReadingTests.CodeOf(() => new HostPaths(["/srv/vault"], null).Check(path)));

    [Fact]
    public void R42_A_symbolic_link_is_not_followed_and_not_exposed()
    {
        var folder = Directory.CreateTempSubdirectory("cbn-link-");
        try
        {
            File.CreateSymbolicLink(Path.Combine(folder.FullName, "innocent"), "/etc");
            Assert.Equal("host_path_unclear", ReadingTests.CodeOf(() => new HostPaths([], null).Check(Path.Combine(folder.FullName, "innocent"))));
            Assert.Equal("host_path_unclear", ReadingTests.CodeOf(() => new HostPaths([], null).Check(Path.Combine(folder.FullName, "innocent", "shadow"))));
            Assert.Null(ReadingTests.CodeOf(() => new HostPaths([], null).Check(Path.Combine(folder.FullName, "other"))));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void The_folder_of_evidence_may_be_seen_read_only_and_nothing_beside_it()
    {
        var paths = new HostPaths([], "/run/credbroker-node/door");
        Assert.True(paths.IsDoor("bind:/run/credbroker-node/door:/run/credbroker:ro"));
        Assert.False(paths.IsDoor("bind:/run/credbroker-node/door:/run/credbroker:rw"));
        Assert.Null(ReadingTests.CodeOf(() => paths.Check("/run/credbroker-node/door")));
        Assert.Equal("host_path_never", ReadingTests.CodeOf(() => paths.Check("/run/credbroker-node")));
    }
}
