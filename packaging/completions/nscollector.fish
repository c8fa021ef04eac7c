# Made from nscollector.fish.in and the code; see docs/building.md.
#
# Completes the command line of nscollector in fish 3.4 and newer. It starts no process of the agent and evaluates nothing that
# was typed.

# Whether the typed command is this one.
function __nscollector_at
    set -l path
    set -l pending 0
    set -l typed (commandline -opc)
    for word in $typed[2..]
        if test $pending = 1
            set pending 0
            continue
        end
        switch "$word"
            case --proc --cgroup --run --sys -c --config --set --count --interval --format --unit --sink --older-than
                set pending 1
            case '-*'
            case '*'
                switch "$(string join -- ' ' $path $word)"
                    case 'run' 'sample' 'check' 'spool' 'spool list' 'spool show' 'spool drop' 'version'
                        set -a path $word
                end
        end
    end
    test "$path" = "$argv[1]"
end

# The word under the cursor, without its option.
function __nscollector_value
    string replace -r -- '^--[a-z-]+=' '' "$(commandline -ct)"
end

function __nscollector_directories
    __fish_complete_directories (__nscollector_value) ''
end

# Completes the keys of the configuration, or the values of the typed key.
function __nscollector_settings
    set -l value (__nscollector_value)
    set -l name main
    set -l words
    if string match -q -- '*=*' "$value"
        set -l key (string split -m 1 -f 1 -- = "$value")
        switch "$key"
            case 'agent:align' 'agent:spread' 'network:protocols' 'network:conntrack' 'network:loopback' 'host:enabled' 'host:cpu_cores' 'host:filesystems' 'filesystem:containers' 'filesystem:volumes' 'cgroup:cpu_cores' 'cgroup:memory_stat' 'cgroup:memory_detail' 'cgroup:limits' 'cgroup:pressure' 'cgroup:blkio' 'cgroup:hugetlb' 'discovery:systemd_services' 'discovery:names_inside' 'discovery:real_time' 'file:*:rotate_gzip' 'file:*:telegraf_host' 'influx:*:create_database' 'influx:*:accept_partial' 'influx:*:no_sync' 'influx:*:proxy' 'influx:*:gzip' 'influx:*:expect_continue' 'influx:*:tls_verify' 'influx:*:telegraf_host' 'otlp:*:proxy' 'otlp:*:gzip' 'otlp:*:expect_continue' 'otlp:*:tls_verify' 'spool:enabled' 'http:insecure' 'http:parents' 'http:timestamps' 'http:cadvisor_api'
                set words on off
            case 'agent:log_level'
                set words debug info warning error
            case 'agent:log_format'
                set words auto text journald
            case 'network:mode'
                set words auto visit proc off
            case 'cgroup:oom_victims'
                set words auto on off
            case 'identity:id'
                set words collision tag
            case 'file:*:schema' 'influx:*:schema'
                set words nscollector telegraf
            case 'influx:*:version'
                set words 1 2 3
            case 'otlp:*:temporality'
                set words cumulative delta
            case 'spool:sync'
                set words always interval never
            case 'http:host_names'
                set words own node
        end
        for word in $words
            echo $key=$word
        end
        return
    end
    # Keep a name that is typed already.
    set -l parts (string split -m 2 -- : "$value")
    if test (count $parts) -gt 2; and test -n "$parts[2]"
        set name $parts[2]
    end
    echo "agent:interval="\t'Time from the start of one cycle to the start of the next'
    echo "agent:peaks="\t'How often CPU usage, throttling and memory are read between two samples'
    echo "agent:host="\t'The value of the tag host on every point'
    echo "agent:align="\t'Start cycles at multiples of the interval on the host\'s clock, so that points of all hosts have the same times'
    echo "agent:jitter="\t'Delay every cycle by a constant, drawn once between zero and this value, so that the agents of a fleet do not all act at once'
    echo "agent:spread="\t'Spread each cycle evenly over the interval, so that the agent never uses a processor for long'
    echo "agent:sampling_threads="\t'How many threads read containers'
    echo "agent:start_wait="\t'Maximum time after the birth of a container to wait for its first connection and its first successful health check'
    echo "agent:suppress_unchanged="\t'Leave out a point of a container whose fields have not changed, but write one at least this often; 0 writes every point'
    echo "agent:stop_timeout="\t'Time budget for a clean stop: finish the last cycle and flush the sinks'
    echo "agent:log_level="\t'The lowest severity that is logged'
    echo "agent:log_format="\t'text for people, journald with the priority in front'
    echo "network:mode="\t'How network counters are read: visit enters each namespace (needs CAP_SYS_ADMIN and CAP_SYS_PTRACE), proc reads /proc/PID/net without entering, auto visits if permitted, off reads none'
    echo "network:protocols="\t'Report the measurements container_tcp and container_udp'
    echo "network:protocols_interval="\t'How often container_tcp and container_udp are read, different containers in different cycles; 0 is in every cycle'
    echo "network:conntrack="\t'Report the measurement container_conntrack'
    echo "network:loopback="\t'Report the interface lo too'
    echo "network:max_interfaces="\t'Maximum interfaces reported per namespace'
    echo "network:namespace_roots="\t'Directories in which runtimes bind-mount network namespaces'
    echo "network:max_namespace_files="\t'Maximum files examined in each of these directories'
    echo "network:max_peers="\t'Maximum interfaces that lead out of a container whose counters are read at its exit, in its namespace or at their veth peers on the host'
    echo "network:removal_buffer="\t'Memory for messages about removed interfaces that wait to be read'
    echo "host:enabled="\t'Report the measurements whose names begin with host_: processors, memory, load, paging, pressure, disks, interfaces and connection tracking of the host'
    echo "host:interval="\t'How often they are read; 0 is in every cycle'
    echo "host:cpu_cores="\t'Also report the CPU time of each processor, as the measurement host_cpu_core'
    echo "host:filesystems="\t'Report the measurement host_filesystem'
    echo "host:exclude_mount_points="\t'Mount points that are left out, as patterns; * matches slashes too'
    echo "host:max_filesystems="\t'Maximum file systems reported'
    echo "host:max_disks="\t'Maximum disks reported'
    echo "host:max_interfaces="\t'Maximum interfaces of the host that are looked at, the host\'s ends of veth pairs included'
    echo "filesystem:containers="\t'Report the measurement container_filesystem: usage and limits of the root file system and the volumes of each container'
    echo "filesystem:interval="\t'How often the figures are read'
    echo "filesystem:walk_cpu="\t'Maximum CPU time of all walks together, in percent of one core; with 0, no directory is walked'
    echo "filesystem:volumes="\t'Report volumes in addition to the root file system'
    echo "filesystem:exclude_mount_points="\t'Patterns of mount points in the container that are not reported as volumes; * also matches slashes'
    echo "filesystem:max_volumes="\t'Maximum volumes reported per container'
    echo "cgroup:cpu_cores="\t'Report the measurement container_cpu_core: one point per core (cgroup v1 only)'
    echo "cgroup:memory_stat="\t'Report the measurement container_memory_stat: every key of memory.stat under the kernel\'s own name'
    echo "cgroup:memory_detail="\t'Report the measurement container_memory_detail, local_throttled_ns of container_cpu, and processes and the states of tasks of container_pids'
    echo "cgroup:limits="\t'Report the measurement container_limits: limits, shares and protections as they are set, whenever the limits are read (limits_interval)'
    echo "cgroup:pressure="\t'Report the measurement container_pressure, if the kernel has it'
    echo "cgroup:blkio="\t'Report the measurement container_blkio'
    echo "cgroup:hugetlb="\t'Report the measurement container_hugetlb'
    echo "cgroup:oom_victims="\t'Read the kernel\'s log to report in container_oom which process was killed, and which limit was reached'
    echo "cgroup:max_devices="\t'Maximum block devices reported per container'
    echo "cgroup:max_held_files="\t'Maximum cgroup files held open between cycles, each of which costs about 5 KiB of kernel memory; 0 is as many as the limit on open files and the memory limit of the agent\'s cgroup allow'
    echo "cgroup:stat_interval="\t'How often memory.stat is read, the most expensive cgroup file, different containers in different cycles; 0 is in every cycle'
    echo "cgroup:limits_interval="\t'How often limits and states, which seldom change, are read again'
    echo "discovery:interval="\t'Time between two full walks of the cgroup tree'
    echo "discovery:max_watches="\t'Maximum cgroup directories watched for births by inotify'
    echo "discovery:systemd_services="\t'Sample systemd services like containers, with the runtime systemd'
    echo "discovery:cgroup_paths="\t'Further cgroups to treat as containers, with the runtime cgroup'
    echo "discovery:docker_roots="\t'Docker\'s data roots, searched in order for container names'
    echo "discovery:podman_roots="\t'Podman\'s storage roots, searched in order for container names'
    echo "discovery:containerd_states="\t'containerd\'s state directories, searched in order for container names'
    echo "discovery:crio_run_roots="\t'The run roots of CRI-O\'s storage, searched in order for container names'
    echo "discovery:lxd_roots="\t'The directories of LXD and Incus'
    echo "discovery:lxc_roots="\t'The directories in which LXC keeps its containers (lxc.lxcpath)'
    echo "discovery:container_states="\t'How often all containers of the host are counted by runtime and state, including stopped ones, for the measurement container_state'
    echo "discovery:docker_sockets="\t'Sockets of Docker\'s Engine API, or of a compatible daemon'
    echo "discovery:podman_sockets="\t'The same for podman'
    echo "discovery:engine_timeout="\t'Timeout for an answer of such a daemon'
    echo "discovery:max_engine_answer="\t'Maximum bytes read of such an answer'
    echo "discovery:names_inside="\t'Read the names and images of containers inside containers (Docker in Docker, kind) from the files of the runtimes there, on threads of their own'
    echo "discovery:max_containers="\t'Maximum containers'
    echo "discovery:max_containers_in_container="\t'Maximum containers inside one container (Docker in Docker, kind), or created by one user, so that no tenant can use up max_containers for the others'
    echo "discovery:max_cgroups="\t'Maximum cgroup directories examined per hierarchy'
    echo "discovery:max_cgroups_in_container="\t'Maximum cgroup directories examined inside one container, so that no container can use up max_cgroups for the others'
    echo "discovery:max_init_candidates="\t'Maximum processes and cgroups of one container that are examined to find its init process'
    echo "discovery:max_state_file="\t'Maximum size of a runtime\'s state file'
    echo "discovery:real_time="\t'Request real-time priority (SCHED_FIFO, 1) for the thread that reads the final totals when a container exits'
    echo "discovery:exit_buffer_size="\t'Maximum bytes of final totals that wait in memory to be processed, about 2 KiB per container'
    echo "filter:include="\t'The containers to sample, as RUNTIME/NAME'
    echo "filter:exclude="\t'The containers not to sample, as RUNTIME/NAME'
    echo "filter:include_image="\t'The images whose containers are sampled'
    echo "filter:exclude_image="\t'The images whose containers are not sampled'
    echo "identity:id="\t'When points have the tag id, the first 12 characters of the container\'s id'
    echo "identity:labels="\t'The labels that become tags label_KEY: Docker\'s labels, the OCI annotations of containerd, the labels of CRI-O\'s pods'
    echo "identity:max_label_keys="\t'Maximum distinct label keys since the agent\'s start'
    echo "identity:max_label_values="\t'Maximum distinct values of each label since the agent\'s start'
    echo "identity:max_image_values="\t'Maximum distinct images since the agent\'s start'
    echo "tags:"\t'Adds the tag KEY with this value to those points'
    echo "encode:batch_size="\t'Size of a batch of lines, the unit that sinks queue, write and drop'
    echo "file:$name:path="\t'The file; - is standard output'
    echo "file:$name:mode="\t'Permission bits of a new file'
    echo "file:$name:owner="\t'Owner of a new file'
    echo "file:$name:group="\t'Group of a new file'
    echo "file:$name:rotate_size="\t'Rotate the file before a cycle that would make it larger than this'
    echo "file:$name:rotate_age="\t'Rotate the file when it is older than this, before the next cycle'
    echo "file:$name:rotate_quiet="\t'Time without writes before a rotation, so that programs that tail the file have read all of it'
    echo "file:$name:rotate_keep="\t'Number of rotated files to keep'
    echo "file:$name:rotate_gzip="\t'Compress rotated files'
    echo "file:$name:queue_size="\t'Maximum bytes that wait in memory for the disk'
    echo "file:$name:retry_interval="\t'Pause between a failed write and the next attempt'
    echo "file:$name:schema="\t'The names of measurements, tags and fields'
    echo "file:$name:telegraf_perdevice="\t'With schema = telegraf: the kinds of points that are written for each core (cpu), interface (network) and block device (blkio), like perdevice_include of Telegraf'
    echo "file:$name:telegraf_total="\t'With schema = telegraf: the kinds of points that are written with totals, like total_include of Telegraf'
    echo "file:$name:telegraf_host="\t'With schema = telegraf: also write the host\'s readings, as the inputs cpu, mem, swap, system, disk, diskio and net of Telegraf do'
    echo "influx:$name:url="\t'The server, optionally with a path in front of the path of the write interface (https://example/influx)'
    echo "influx:$name:version="\t'The write interface: 1 is /write, 2 is /api/v2/write, 3 is /api/v3/write_lp'
    echo "influx:$name:database="\t'Versions 1 and 3: the database'
    echo "influx:$name:retention_policy="\t'Version 1: the retention policy'
    echo "influx:$name:consistency="\t'Version 1: how many nodes of a cluster must store a write before it succeeds'
    echo "influx:$name:create_database="\t'Version 1: create the database if the server reports that it does not exist'
    echo "influx:$name:org="\t'Version 2: the organisation, by name or id'
    echo "influx:$name:bucket="\t'Version 2: the bucket'
    echo "influx:$name:accept_partial="\t'Version 3: store the valid lines of a batch even if others are invalid'
    echo "influx:$name:no_sync="\t'Version 3: let the server answer before the lines are safe on its disk'
    echo "influx:$name:user="\t'Version 1: the user'
    echo "influx:$name:password_file="\t'Version 1: the file with the user\'s password'
    echo "influx:$name:token_file="\t'The file with the token'
    echo "influx:$name:unix_socket="\t'A unix socket to connect to instead of the host and port of the url'
    echo "influx:$name:proxy="\t'Use the proxy that the environment names (http_proxy, https_proxy, all_proxy, no_proxy)'
    echo "influx:$name:gzip="\t'Send lines compressed'
    echo "influx:$name:expect_continue="\t'Ask the server before sending lines (Expect: 100-continue), so that a refusal arrives as an answer and not as a broken connection'
    echo "influx:$name:connect_timeout="\t'Timeout for connecting, TLS handshake included'
    echo "influx:$name:timeout="\t'Timeout for a whole request, answer included'
    echo "influx:$name:tls_ca_file="\t'PEM file with the certificate authorities to trust instead of the system\'s'
    echo "influx:$name:tls_certificate_file="\t'PEM file with the client certificate and its chain'
    echo "influx:$name:tls_key_file="\t'PEM file with the key of the client certificate'
    echo "influx:$name:tls_verify="\t'Verify the server\'s certificate'
    echo "influx:$name:retry_interval="\t'Maximum pause after the first failure'
    echo "influx:$name:retry_interval_max="\t'Maximum pause after any number of failures'
    echo "influx:$name:retry_after_max="\t'Maximum pause that a server may request (Retry-After)'
    echo "influx:$name:replay_rate="\t'Maximum bytes of lines per second that are sent from the backlog of an outage, so that a recovering server is not overloaded'
    echo "influx:$name:queue_size="\t'Maximum bytes of lines that wait in memory to be compressed and spooled'
    echo "influx:$name:memory_size="\t'Maximum compressed bytes kept in memory while the spool is off or cannot be written'
    echo "influx:$name:refused_file="\t'The file for lines that the server refuses permanently, each below a comment with the reason'
    echo "influx:$name:refused_file_size="\t'Maximum size of that file and its predecessor (.1) together'
    echo "influx:$name:schema="\t'The names of measurements, tags and fields'
    echo "influx:$name:telegraf_perdevice="\t'With schema = telegraf: the kinds of points that are written for each core (cpu), interface (network) and block device (blkio), like perdevice_include of Telegraf'
    echo "influx:$name:telegraf_total="\t'With schema = telegraf: the kinds of points that are written with totals, like total_include of Telegraf'
    echo "influx:$name:telegraf_host="\t'With schema = telegraf: also write the host\'s readings, as the inputs cpu, mem, swap, system, disk, diskio and net of Telegraf do'
    echo "otlp:$name:url="\t'The address at which the server accepts metrics'
    echo "otlp:$name:temporality="\t'What a point of a counter contains: everything since the counter began (cumulative), or what was added since the previous point (delta)'
    echo "otlp:$name:max_request_size="\t'Maximum size of a request before compression'
    echo "otlp:$name:header.NAME="\t'Adds the header NAME with this value to every request'
    echo "otlp:$name:header_file.NAME="\t'Adds the header NAME to every request, with the first line of this file as its value'
    echo "otlp:$name:user="\t'The user (HTTP basic authentication)'
    echo "otlp:$name:password_file="\t'The file with the user\'s password'
    echo "otlp:$name:token_file="\t'The file with the token, which is sent as Authorization: Bearer TOKEN'
    echo "otlp:$name:unix_socket="\t'A unix socket to connect to instead of the host and port of the url'
    echo "otlp:$name:proxy="\t'Use the proxy that the environment names (http_proxy, https_proxy, all_proxy, no_proxy)'
    echo "otlp:$name:gzip="\t'Send metrics compressed'
    echo "otlp:$name:expect_continue="\t'Ask the server before sending metrics (Expect: 100-continue), so that a refusal arrives as an answer and not as a broken connection'
    echo "otlp:$name:connect_timeout="\t'Timeout for connecting, TLS handshake included'
    echo "otlp:$name:timeout="\t'Timeout for a whole request, answer included'
    echo "otlp:$name:tls_ca_file="\t'PEM file with the certificate authorities to trust instead of the system\'s'
    echo "otlp:$name:tls_certificate_file="\t'PEM file with the client certificate and its chain'
    echo "otlp:$name:tls_key_file="\t'PEM file with the key of the client certificate'
    echo "otlp:$name:tls_verify="\t'Verify the server\'s certificate'
    echo "otlp:$name:retry_interval="\t'Maximum pause after the first failure'
    echo "otlp:$name:retry_interval_max="\t'Maximum pause after any number of failures'
    echo "otlp:$name:retry_after_max="\t'Maximum pause that a server may request (Retry-After)'
    echo "otlp:$name:replay_rate="\t'Maximum bytes of metrics per second that are sent from the backlog of an outage, so that a recovering server is not overloaded'
    echo "otlp:$name:queue_size="\t'Maximum bytes of metrics that wait in memory to be compressed and spooled'
    echo "otlp:$name:memory_size="\t'Maximum compressed bytes kept in memory while the spool is off or cannot be written'
    echo "spool:enabled="\t'Use a spool'
    echo "spool:path="\t'The directory of the spool'
    echo "spool:sync="\t'When files are synced to disk'
    echo "spool:sync_interval="\t'Time between two syncs with sync = interval'
    echo "spool:max_size="\t'Maximum compressed bytes of one sink\'s files'
    echo "spool:max_files="\t'Maximum files of one sink'
    echo "spool:max_age="\t'Maximum age of a file'
    echo "spool:file_size="\t'Maximum uncompressed bytes of lines in a file, and so in a request'
    echo "spool:keep_damaged="\t'Number of damaged files of one sink to keep for examination'
    echo "http:listen="\t'Addresses to listen on'
    echo "http:insecure="\t'Serve all clients that can connect, without credentials and TLS'
    echo "http:token_file="\t'File with the bearer token that clients must send'
    echo "http:user="\t'User name for basic authentication'
    echo "http:password_file="\t'File with the user\'s password'
    echo "http:tls_certificate_file="\t'PEM file with the server\'s certificate and its chain'
    echo "http:tls_key_file="\t'PEM file with the key of the certificate'
    echo "http:max_connections="\t'Maximum connections at the same time'
    echo "http:response_timeout="\t'Maximum time to answer a request'
    echo "http:socket_group="\t'Group that may connect to unix sockets, in addition to root and the agent\'s user'
    echo "http:exits_kept="\t'How long the page shows the exit code, the exit reason and the final totals of a container that has exited'
    echo "http:parents="\t'Also show the cgroups that contain containers, as cAdvisor does: the root (id="/"), slices, pods'
    echo "http:max_parents="\t'Maximum cgroups that parents shows'
    echo "http:host_names="\t'Names of the host\'s series: own (host_memory_free_bytes), or node for those of node_exporter (node_memory_MemFree_bytes)'
    echo "http:timestamps="\t'Write the time of the reading with each sample, except for container_spec_*, container_start_time_seconds and container_creation_time_seconds, as cAdvisor does'
    echo "http:cadvisor_api="\t'Also serve the REST API of cAdvisor, below /api/: v1.0 to v1.3, v2.0 and v2.1'
    echo "http:history="\t'How long samples are kept in memory for cadvisor_api'
    echo "http:history_memory="\t'Maximum memory for history, in steps of 256 KiB'
end

complete -c nscollector -f
complete -c nscollector -n '__nscollector_at ""' -a run -d 'Run the agent in the foreground until SIGTERM or SIGINT'
complete -c nscollector -n '__nscollector_at ""' -a sample -d 'Sample all containers and print the result to standard output'
complete -c nscollector -n '__nscollector_at ""' -a check -d 'Check the configuration and what this host allows'
complete -c nscollector -n '__nscollector_at ""' -a spool -d 'List, show or drop the lines that wait on disk for InfluxDB servers'
complete -c nscollector -n '__nscollector_at ""' -a version -d 'Print the version, the commit and the .NET runtime'
complete -c nscollector -n '__nscollector_at ""' -s h -l help -d 'Show help'
complete -c nscollector -n '__nscollector_at ""' -l version -d 'Print the version, the commit and the .NET runtime'
complete -c nscollector -n '__nscollector_at ""' -l proc -x -a '(__nscollector_directories)' -d 'The host\'s procfs (default /proc)'
complete -c nscollector -n '__nscollector_at ""' -l cgroup -x -a '(__nscollector_directories)' -d 'The directory above the host\'s cgroup hierarchies (default: from mountinfo)'
complete -c nscollector -n '__nscollector_at ""' -l run -x -a '(__nscollector_directories)' -d 'The host\'s /run, where runtimes keep their state (default /run)'
complete -c nscollector -n '__nscollector_at ""' -l sys -x -a '(__nscollector_directories)' -d 'The host\'s sysfs (default /sys)'
complete -c nscollector -n '__nscollector_at "run"' -s c -l config -r -F -d 'The configuration file (default /etc/nscollector/nscollector.conf, if it exists)'
complete -c nscollector -n '__nscollector_at "run"' -l set -x -a '(__nscollector_settings)' -d 'Set one configuration key; overrides all files'
complete -c nscollector -n '__nscollector_at "run"' -s h -l help -d 'Show help'
complete -c nscollector -n '__nscollector_at "run"' -l proc -x -a '(__nscollector_directories)' -d 'The host\'s procfs (default /proc)'
complete -c nscollector -n '__nscollector_at "run"' -l cgroup -x -a '(__nscollector_directories)' -d 'The directory above the host\'s cgroup hierarchies (default: from mountinfo)'
complete -c nscollector -n '__nscollector_at "run"' -l run -x -a '(__nscollector_directories)' -d 'The host\'s /run, where runtimes keep their state (default /run)'
complete -c nscollector -n '__nscollector_at "run"' -l sys -x -a '(__nscollector_directories)' -d 'The host\'s sysfs (default /sys)'
complete -c nscollector -n '__nscollector_at "sample"' -l count -x -d 'Number of samples to print (default 1)'
complete -c nscollector -n '__nscollector_at "sample"' -l interval -x -d 'Time between two samples (default 1s)'
complete -c nscollector -n '__nscollector_at "sample"' -l format -x -a 'influx table json' -d 'Output format (default influx)'
complete -c nscollector -n '__nscollector_at "sample"' -s c -l config -r -F -d 'The configuration file (default /etc/nscollector/nscollector.conf, if it exists)'
complete -c nscollector -n '__nscollector_at "sample"' -l set -x -a '(__nscollector_settings)' -d 'Set one configuration key; overrides all files'
complete -c nscollector -n '__nscollector_at "sample"' -s h -l help -d 'Show help'
complete -c nscollector -n '__nscollector_at "sample"' -l proc -x -a '(__nscollector_directories)' -d 'The host\'s procfs (default /proc)'
complete -c nscollector -n '__nscollector_at "sample"' -l cgroup -x -a '(__nscollector_directories)' -d 'The directory above the host\'s cgroup hierarchies (default: from mountinfo)'
complete -c nscollector -n '__nscollector_at "sample"' -l run -x -a '(__nscollector_directories)' -d 'The host\'s /run, where runtimes keep their state (default /run)'
complete -c nscollector -n '__nscollector_at "sample"' -l sys -x -a '(__nscollector_directories)' -d 'The host\'s sysfs (default /sys)'
complete -c nscollector -n '__nscollector_at "check"' -s c -l config -r -F -d 'The configuration file (default /etc/nscollector/nscollector.conf, if it exists)'
complete -c nscollector -n '__nscollector_at "check"' -l set -x -a '(__nscollector_settings)' -d 'Set one configuration key; overrides all files'
complete -c nscollector -n '__nscollector_at "check"' -l as-service -d 'Check what the service may do: take on the user, capabilities, limits, environment and directories of its unit first'
complete -c nscollector -n '__nscollector_at "check"' -l unit -r -F -d 'The unit of --as-service, by name or by the path of its file (default nscollector.service)'
complete -c nscollector -n '__nscollector_at "check"' -s h -l help -d 'Show help'
complete -c nscollector -n '__nscollector_at "check"' -l proc -x -a '(__nscollector_directories)' -d 'The host\'s procfs (default /proc)'
complete -c nscollector -n '__nscollector_at "check"' -l cgroup -x -a '(__nscollector_directories)' -d 'The directory above the host\'s cgroup hierarchies (default: from mountinfo)'
complete -c nscollector -n '__nscollector_at "check"' -l run -x -a '(__nscollector_directories)' -d 'The host\'s /run, where runtimes keep their state (default /run)'
complete -c nscollector -n '__nscollector_at "check"' -l sys -x -a '(__nscollector_directories)' -d 'The host\'s sysfs (default /sys)'
complete -c nscollector -n '__nscollector_at "spool"' -a list -d 'List the files, oldest first'
complete -c nscollector -n '__nscollector_at "spool"' -a show -d 'Print the lines of a file'
complete -c nscollector -n '__nscollector_at "spool"' -a drop -d 'Delete files without sending them'
complete -c nscollector -n '__nscollector_at "spool"' -s h -l help -d 'Show help'
complete -c nscollector -n '__nscollector_at "spool"' -l proc -x -a '(__nscollector_directories)' -d 'The host\'s procfs (default /proc)'
complete -c nscollector -n '__nscollector_at "spool"' -l cgroup -x -a '(__nscollector_directories)' -d 'The directory above the host\'s cgroup hierarchies (default: from mountinfo)'
complete -c nscollector -n '__nscollector_at "spool"' -l run -x -a '(__nscollector_directories)' -d 'The host\'s /run, where runtimes keep their state (default /run)'
complete -c nscollector -n '__nscollector_at "spool"' -l sys -x -a '(__nscollector_directories)' -d 'The host\'s sysfs (default /sys)'
complete -c nscollector -n '__nscollector_at "spool list"' -l sink -x -d 'Only files of this sink'
complete -c nscollector -n '__nscollector_at "spool list"' -l verify -d 'Read every file and mark those with a wrong checksum as damaged'
complete -c nscollector -n '__nscollector_at "spool list"' -s c -l config -r -F -d 'The configuration file (default /etc/nscollector/nscollector.conf, if it exists)'
complete -c nscollector -n '__nscollector_at "spool list"' -l set -x -a '(__nscollector_settings)' -d 'Set one configuration key; overrides all files'
complete -c nscollector -n '__nscollector_at "spool list"' -s h -l help -d 'Show help'
complete -c nscollector -n '__nscollector_at "spool list"' -l proc -x -a '(__nscollector_directories)' -d 'The host\'s procfs (default /proc)'
complete -c nscollector -n '__nscollector_at "spool list"' -l cgroup -x -a '(__nscollector_directories)' -d 'The directory above the host\'s cgroup hierarchies (default: from mountinfo)'
complete -c nscollector -n '__nscollector_at "spool list"' -l run -x -a '(__nscollector_directories)' -d 'The host\'s /run, where runtimes keep their state (default /run)'
complete -c nscollector -n '__nscollector_at "spool list"' -l sys -x -a '(__nscollector_directories)' -d 'The host\'s sysfs (default /sys)'
complete -c nscollector -n '__nscollector_at "spool show"' -F
complete -c nscollector -n '__nscollector_at "spool show"' -s c -l config -r -F -d 'The configuration file (default /etc/nscollector/nscollector.conf, if it exists)'
complete -c nscollector -n '__nscollector_at "spool show"' -l set -x -a '(__nscollector_settings)' -d 'Set one configuration key; overrides all files'
complete -c nscollector -n '__nscollector_at "spool show"' -s h -l help -d 'Show help'
complete -c nscollector -n '__nscollector_at "spool show"' -l proc -x -a '(__nscollector_directories)' -d 'The host\'s procfs (default /proc)'
complete -c nscollector -n '__nscollector_at "spool show"' -l cgroup -x -a '(__nscollector_directories)' -d 'The directory above the host\'s cgroup hierarchies (default: from mountinfo)'
complete -c nscollector -n '__nscollector_at "spool show"' -l run -x -a '(__nscollector_directories)' -d 'The host\'s /run, where runtimes keep their state (default /run)'
complete -c nscollector -n '__nscollector_at "spool show"' -l sys -x -a '(__nscollector_directories)' -d 'The host\'s sysfs (default /sys)'
complete -c nscollector -n '__nscollector_at "spool drop"' -F
complete -c nscollector -n '__nscollector_at "spool drop"' -l sink -x -d 'Files of this sink'
complete -c nscollector -n '__nscollector_at "spool drop"' -l older-than -x -d 'Files collected longer ago than this'
complete -c nscollector -n '__nscollector_at "spool drop"' -l all -d 'All files of all sinks'
complete -c nscollector -n '__nscollector_at "spool drop"' -s c -l config -r -F -d 'The configuration file (default /etc/nscollector/nscollector.conf, if it exists)'
complete -c nscollector -n '__nscollector_at "spool drop"' -l set -x -a '(__nscollector_settings)' -d 'Set one configuration key; overrides all files'
complete -c nscollector -n '__nscollector_at "spool drop"' -s h -l help -d 'Show help'
complete -c nscollector -n '__nscollector_at "spool drop"' -l proc -x -a '(__nscollector_directories)' -d 'The host\'s procfs (default /proc)'
complete -c nscollector -n '__nscollector_at "spool drop"' -l cgroup -x -a '(__nscollector_directories)' -d 'The directory above the host\'s cgroup hierarchies (default: from mountinfo)'
complete -c nscollector -n '__nscollector_at "spool drop"' -l run -x -a '(__nscollector_directories)' -d 'The host\'s /run, where runtimes keep their state (default /run)'
complete -c nscollector -n '__nscollector_at "spool drop"' -l sys -x -a '(__nscollector_directories)' -d 'The host\'s sysfs (default /sys)'
complete -c nscollector -n '__nscollector_at "version"' -s h -l help -d 'Show help'
complete -c nscollector -n '__nscollector_at "version"' -l proc -x -a '(__nscollector_directories)' -d 'The host\'s procfs (default /proc)'
complete -c nscollector -n '__nscollector_at "version"' -l cgroup -x -a '(__nscollector_directories)' -d 'The directory above the host\'s cgroup hierarchies (default: from mountinfo)'
complete -c nscollector -n '__nscollector_at "version"' -l run -x -a '(__nscollector_directories)' -d 'The host\'s /run, where runtimes keep their state (default /run)'
complete -c nscollector -n '__nscollector_at "version"' -l sys -x -a '(__nscollector_directories)' -d 'The host\'s sysfs (default /sys)'
