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
            case --proc --cgroup --run --sys -c --config --set --count --interval --format --sink --older-than
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
            case 'agent:align' 'network:protocols' 'network:conntrack' 'network:loopback' 'cgroup:cpu_cores' 'cgroup:memory_stat' 'cgroup:pressure' 'cgroup:blkio' 'cgroup:hugetlb' 'discovery:systemd_services' 'discovery:real_time' 'file:*:rotate_gzip' 'influx:*:create_database' 'influx:*:accept_partial' 'influx:*:no_sync' 'influx:*:proxy' 'influx:*:gzip' 'influx:*:expect_continue' 'influx:*:tls_verify' 'spool:enabled'
                set words on off
            case 'agent:log_level'
                set words debug info warning error
            case 'agent:log_format'
                set words auto text journald
            case 'network:mode'
                set words auto visit proc off
            case 'identity:id'
                set words collision tag
            case 'influx:*:version'
                set words 1 2 3
            case 'spool:sync'
                set words always interval never
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
    echo "agent:interval="\t'From the start of one cycle to the start of the next'
    echo "agent:host="\t'The value of the tag host on every point'
    echo "agent:align="\t'Start cycles at multiples of the interval on the host\'s clock, so that the points of all hosts fall together'
    echo "agent:jitter="\t'Put every cycle off by a constant drawn once between zero and this, so that a fleet does not act at once'
    echo "agent:stop_timeout="\t'How long stopping may take on a busy host: the last cycle is finished and the sinks are flushed, for which a server or disk that hangs has a quarter of this'
    echo "agent:log_level="\t'The least severe messages that are logged'
    echo "agent:log_format="\t'text for people, journald with the priority in front, auto chooses by whether standard error is the journal'
    echo "network:mode="\t'How the counters are reached: visit enters each namespace (CAP_SYS_ADMIN, CAP_SYS_PTRACE), proc reads /proc/PID/net without entering, auto visits where permitted, off reads none'
    echo "network:protocols="\t'Measurements container_tcp and container_udp'
    echo "network:conntrack="\t'Measurement container_conntrack; only by visit'
    echo "network:loopback="\t'Report the interface lo too'
    echo "network:max_interfaces="\t'The most interfaces reported of one namespace; more are counted and left out'
    echo "network:namespace_roots="\t'The directories in which runtimes hold network namespaces by bind mounts, through which the last counters of a container are read at its end; what begins with /run/ is below --run'
    echo "network:max_namespace_files="\t'The most files of one of these directories that are looked at; more are counted and left out'
    echo "network:max_peers="\t'The most interfaces of a namespace that no runtime holds, whose ends on the host are looked for to read the last counters there; with more, counted, the last sample\'s are taken'
    echo "cgroup:cpu_cores="\t'Measurement container_cpu_core: one point a core (cgroup v1 only)'
    echo "cgroup:memory_stat="\t'Measurement container_memory_stat: every key of memory.stat under the kernel\'s own name'
    echo "cgroup:pressure="\t'Measurement container_pressure, where the kernel offers it'
    echo "cgroup:blkio="\t'Measurement container_blkio'
    echo "cgroup:hugetlb="\t'Measurement container_hugetlb'
    echo "cgroup:max_devices="\t'The most block devices reported of one container; more are counted and left out'
    echo "cgroup:max_held_files="\t'How many cgroup files may be held open between cycles; 0 means what the limit on open files leaves'
    echo "cgroup:limits_interval="\t'How often limits and states, which change seldom, are read again'
    echo "discovery:interval="\t'Between two full walks of the cgroup tree, which find what the kernel\'s notifications (inotify) did not tell'
    echo "discovery:max_watches="\t'The most cgroup directories that are watched for births (inotify); more are counted, and what is made in them is found by the walks'
    echo "discovery:systemd_services="\t'Sample systemd services as if they were containers, with the runtime systemd'
    echo "discovery:cgroup_paths="\t'Further cgroups that count as containers, with the runtime cgroup; their paths below the hierarchy\'s root'
    echo "discovery:docker_roots="\t'Docker\'s data roots, searched in order for the names of containers'
    echo "discovery:podman_roots="\t'Podman\'s storage roots, searched in order for the names of containers'
    echo "discovery:containerd_states="\t'containerd\'s state directories, searched in order for the names of containers'
    echo "discovery:crio_run_roots="\t'The run roots of CRI-O\'s storage, searched in order for the names of containers'
    echo "discovery:lxd_roots="\t'The directories of LXD and Incus, which tell the project of an instance from its name'
    echo "discovery:docker_sockets="\t'The sockets of Docker\'s Engine API (or of what serves the same) that tell names and labels, and renames at once'
    echo "discovery:podman_sockets="\t'The same of podman'
    echo "discovery:engine_timeout="\t'How long such a daemon may take to answer; for the list of all containers six times as long'
    echo "discovery:max_engine_answer="\t'How many bytes of such an answer are read; the containers behind go by what else is known of them'
    echo "discovery:max_containers="\t'The most containers that are followed; more are counted, logged and left out'
    echo "discovery:max_cgroups="\t'The most cgroup directories of a hierarchy that are looked at; more are counted and left out'
    echo "discovery:max_cgroups_in_container="\t'The most of them inside one container, so that none can use up the room of the others'
    echo "discovery:max_state_file="\t'The largest state file of a runtime that is read; a larger one counts as unreadable'
    echo "discovery:real_time="\t'Whether the thread that reads the last totals of a container that ends asks for real-time priority (SCHED_FIFO, 1)'
    echo "discovery:exit_buffer_size="\t'How many bytes of last totals may wait in memory to be taken up, some 2 KiB a container; past it they are left out and counted'
    echo "filter:include="\t'The containers to sample, as RUNTIME/NAME; empty means all'
    echo "filter:exclude="\t'The containers not to sample, as RUNTIME/NAME; they win over include'
    echo "filter:include_image="\t'The images whose containers are sampled; empty means all'
    echo "filter:exclude_image="\t'The images whose containers are not sampled; they win over include_image'
    echo "identity:id="\t'When points carry the tag id, 12 characters of the container\'s id: collision, where two live containers would share a series; tag, always'
    echo "identity:labels="\t'The labels that become tags label_KEY: Docker\'s labels, the annotations of the OCI bundle of containerd, the labels of CRI-O\'s pods'
    echo "identity:max_label_keys="\t'The most distinct keys of labels from the agent\'s start on; labels under further ones are counted and left out'
    echo "identity:max_label_values="\t'The most distinct values of each label from the agent\'s start on; further ones are counted and left out'
    echo "identity:max_image_values="\t'The most distinct images from the agent\'s start on; further ones are counted and make no tag image'
    echo "tags:"\t'A tag KEY with this value on every point'
    echo "encode:batch_size="\t'The size of a batch of lines, which is what sinks queue, write and drop; a point that is longer is dropped and counted'
    echo "file:$name:path="\t'The file; - is standard output'
    echo "file:$name:mode="\t'The permission bits of a file that is made'
    echo "file:$name:owner="\t'The user a new file is given to'
    echo "file:$name:group="\t'The group a new file is given to'
    echo "file:$name:rotate_size="\t'A file that would grow over this is rotated first; 0 means never by size'
    echo "file:$name:rotate_age="\t'A file older than this is rotated; 0 means never by age'
    echo "file:$name:rotate_keep="\t'How many rotated files are kept'
    echo "file:$name:rotate_gzip="\t'Compress rotated files'
    echo "file:$name:queue_size="\t'How many bytes may wait in memory for the disk before the oldest batch is dropped and counted; at least one batch'
    echo "file:$name:retry_interval="\t'How long after a failure the next try comes'
    echo "influx:$name:url="\t'The server, perhaps with a path in front of the interface\'s own (https://example/influx)'
    echo "influx:$name:version="\t'The write interface: 1 is /write, 2 is /api/v2/write, 3 is /api/v3/write_lp'
    echo "influx:$name:database="\t'Versions 1 and 3: the database'
    echo "influx:$name:retention_policy="\t'Version 1: the retention policy'
    echo "influx:$name:consistency="\t'Version 1: how many nodes of a cluster must have a write before it is taken'
    echo "influx:$name:create_database="\t'Version 1: create the database where the server says that it has none of this name; the user must have the right to'
    echo "influx:$name:org="\t'Version 2: the organisation, by name or id'
    echo "influx:$name:bucket="\t'Version 2: the bucket'
    echo "influx:$name:accept_partial="\t'Version 3: whether the server keeps the good lines of a batch where some are bad'
    echo "influx:$name:no_sync="\t'Version 3: whether the server may answer before the lines are safe with it'
    echo "influx:$name:user="\t'Version 1: the user; the password stands in password_file'
    echo "influx:$name:password_file="\t'Version 1: the file with the user\'s password'
    echo "influx:$name:token_file="\t'The file with the token'
    echo "influx:$name:unix_socket="\t'A unix socket to connect to instead of the host and port of the url'
    echo "influx:$name:proxy="\t'Whether the proxy that the environment names is used (http_proxy, https_proxy, all_proxy, no_proxy)'
    echo "influx:$name:gzip="\t'Whether lines are sent compressed'
    echo "influx:$name:expect_continue="\t'Whether the server is asked before lines are sent (Expect: 100-continue), so that a refusal arrives instead of a broken connection'
    echo "influx:$name:connect_timeout="\t'How long a connection may take, TLS included'
    echo "influx:$name:timeout="\t'How long a whole request may take, its answer included'
    echo "influx:$name:tls_ca_file="\t'PEM file of the authorities that are trusted instead of the system\'s'
    echo "influx:$name:tls_certificate_file="\t'PEM file of the certificate, with its chain, that this agent shows the server'
    echo "influx:$name:tls_key_file="\t'PEM file of that certificate\'s key'
    echo "influx:$name:tls_verify="\t'Whether the server\'s certificate is checked'
    echo "influx:$name:retry_interval="\t'The longest pause after the first failure; it doubles with each further one'
    echo "influx:$name:retry_interval_max="\t'The longest pause after any number of failures, and the pause where only an administrator can help (a wrong token, a missing bucket)'
    echo "influx:$name:retry_after_max="\t'The longest pause that a server may ask for (Retry-After); a longer one is cut to this'
    echo "influx:$name:replay_rate="\t'How many bytes of lines a second are sent of what was left behind while the server was down, so that a server that recovers is not knocked down again; 0 means no bound'
    echo "influx:$name:queue_size="\t'How many bytes of lines may wait in memory to be compressed and spooled before the oldest batch is dropped and counted; at least one batch'
    echo "influx:$name:memory_size="\t'How many compressed bytes may wait in memory where the spool is off or cannot be written; past it the oldest are dropped and counted'
    echo "influx:$name:refused_file="\t'The file for lines that the server refuses for good, each under a comment with the reason'
    echo "influx:$name:refused_file_size="\t'How large that file and the one before it (.1) may be together; each gets half'
    echo "spool:enabled="\t'Whether there is a spool'
    echo "spool:path="\t'The directory of the spool; it is made where it is missing, the one above it is not'
    echo "spool:sync="\t'When files are made safe against a power failure, which then loses: always, nothing but the cycle at hand; interval, at most sync_interval and a cycle; never, the last half minute or so'
    echo "spool:sync_interval="\t'With sync = interval: how often'
    echo "spool:max_size="\t'How many bytes (compressed) the files of one sink may have; past it the oldest go, and are counted'
    echo "spool:max_files="\t'How many files one sink may have; past it the oldest go, and are counted'
    echo "spool:max_age="\t'How long a file may wait; older ones go, and are counted'
    echo "spool:file_size="\t'How many bytes of lines (uncompressed) a file, and so a request, may have; at least one batch'
    echo "spool:keep_damaged="\t'How many damaged files of one sink are kept to be looked at'
end

complete -c nscollector -f
complete -c nscollector -n '__nscollector_at ""' -a run -d 'Run the agent in the foreground, until SIGTERM or SIGINT'
complete -c nscollector -n '__nscollector_at ""' -a sample -d 'Sample every container and print the result to standard output'
complete -c nscollector -n '__nscollector_at ""' -a check -d 'Tell whether the configuration is right, and what this host allows'
complete -c nscollector -n '__nscollector_at ""' -a spool -d 'List, show or drop what waits on disk for the InfluxDB servers'
complete -c nscollector -n '__nscollector_at ""' -a version -d 'Print the version, the commit, and the runtime inside'
complete -c nscollector -n '__nscollector_at ""' -s h -l help -d 'Show what can be given'
complete -c nscollector -n '__nscollector_at ""' -l version -d 'Print the version, the commit, and the runtime inside'
complete -c nscollector -n '__nscollector_at ""' -l proc -x -a '(__nscollector_directories)' -d 'The host\'s procfs (default /proc)'
complete -c nscollector -n '__nscollector_at ""' -l cgroup -x -a '(__nscollector_directories)' -d 'The directory above the host\'s cgroup hierarchies (default: from mountinfo)'
complete -c nscollector -n '__nscollector_at ""' -l run -x -a '(__nscollector_directories)' -d 'The host\'s /run, where runtimes keep their state (default /run)'
complete -c nscollector -n '__nscollector_at ""' -l sys -x -a '(__nscollector_directories)' -d 'The host\'s sysfs (default /sys)'
complete -c nscollector -n '__nscollector_at "run"' -s c -l config -r -F -d 'The configuration file (default /etc/nscollector/nscollector.conf, if it exists)'
complete -c nscollector -n '__nscollector_at "run"' -l set -x -a '(__nscollector_settings)' -d 'One key of the configuration, over all files; may be repeated'
complete -c nscollector -n '__nscollector_at "run"' -s h -l help -d 'Show what can be given'
complete -c nscollector -n '__nscollector_at "run"' -l proc -x -a '(__nscollector_directories)' -d 'The host\'s procfs (default /proc)'
complete -c nscollector -n '__nscollector_at "run"' -l cgroup -x -a '(__nscollector_directories)' -d 'The directory above the host\'s cgroup hierarchies (default: from mountinfo)'
complete -c nscollector -n '__nscollector_at "run"' -l run -x -a '(__nscollector_directories)' -d 'The host\'s /run, where runtimes keep their state (default /run)'
complete -c nscollector -n '__nscollector_at "run"' -l sys -x -a '(__nscollector_directories)' -d 'The host\'s sysfs (default /sys)'
complete -c nscollector -n '__nscollector_at "sample"' -l count -x -d 'How many samples to print (default 1)'
complete -c nscollector -n '__nscollector_at "sample"' -l interval -x -d 'From one sample to the next; the first is only taken for the rates of the second (default 1s)'
complete -c nscollector -n '__nscollector_at "sample"' -l format -x -a 'influx table json' -d 'How to print them (default influx)'
complete -c nscollector -n '__nscollector_at "sample"' -s c -l config -r -F -d 'The configuration file (default /etc/nscollector/nscollector.conf, if it exists)'
complete -c nscollector -n '__nscollector_at "sample"' -l set -x -a '(__nscollector_settings)' -d 'One key of the configuration, over all files; may be repeated'
complete -c nscollector -n '__nscollector_at "sample"' -s h -l help -d 'Show what can be given'
complete -c nscollector -n '__nscollector_at "sample"' -l proc -x -a '(__nscollector_directories)' -d 'The host\'s procfs (default /proc)'
complete -c nscollector -n '__nscollector_at "sample"' -l cgroup -x -a '(__nscollector_directories)' -d 'The directory above the host\'s cgroup hierarchies (default: from mountinfo)'
complete -c nscollector -n '__nscollector_at "sample"' -l run -x -a '(__nscollector_directories)' -d 'The host\'s /run, where runtimes keep their state (default /run)'
complete -c nscollector -n '__nscollector_at "sample"' -l sys -x -a '(__nscollector_directories)' -d 'The host\'s sysfs (default /sys)'
complete -c nscollector -n '__nscollector_at "check"' -s c -l config -r -F -d 'The configuration file (default /etc/nscollector/nscollector.conf, if it exists)'
complete -c nscollector -n '__nscollector_at "check"' -l set -x -a '(__nscollector_settings)' -d 'One key of the configuration, over all files; may be repeated'
complete -c nscollector -n '__nscollector_at "check"' -s h -l help -d 'Show what can be given'
complete -c nscollector -n '__nscollector_at "check"' -l proc -x -a '(__nscollector_directories)' -d 'The host\'s procfs (default /proc)'
complete -c nscollector -n '__nscollector_at "check"' -l cgroup -x -a '(__nscollector_directories)' -d 'The directory above the host\'s cgroup hierarchies (default: from mountinfo)'
complete -c nscollector -n '__nscollector_at "check"' -l run -x -a '(__nscollector_directories)' -d 'The host\'s /run, where runtimes keep their state (default /run)'
complete -c nscollector -n '__nscollector_at "check"' -l sys -x -a '(__nscollector_directories)' -d 'The host\'s sysfs (default /sys)'
complete -c nscollector -n '__nscollector_at "spool"' -a list -d 'List the files, oldest first'
complete -c nscollector -n '__nscollector_at "spool"' -a show -d 'Print the lines of a file'
complete -c nscollector -n '__nscollector_at "spool"' -a drop -d 'Remove files for good, without sending them'
complete -c nscollector -n '__nscollector_at "spool"' -s h -l help -d 'Show what can be given'
complete -c nscollector -n '__nscollector_at "spool"' -l proc -x -a '(__nscollector_directories)' -d 'The host\'s procfs (default /proc)'
complete -c nscollector -n '__nscollector_at "spool"' -l cgroup -x -a '(__nscollector_directories)' -d 'The directory above the host\'s cgroup hierarchies (default: from mountinfo)'
complete -c nscollector -n '__nscollector_at "spool"' -l run -x -a '(__nscollector_directories)' -d 'The host\'s /run, where runtimes keep their state (default /run)'
complete -c nscollector -n '__nscollector_at "spool"' -l sys -x -a '(__nscollector_directories)' -d 'The host\'s sysfs (default /sys)'
complete -c nscollector -n '__nscollector_at "spool list"' -l sink -x -d 'Only the files of this sink'
complete -c nscollector -n '__nscollector_at "spool list"' -l verify -d 'Read every file, and mark as damaged those whose bytes are not those that were written'
complete -c nscollector -n '__nscollector_at "spool list"' -s c -l config -r -F -d 'The configuration file (default /etc/nscollector/nscollector.conf, if it exists)'
complete -c nscollector -n '__nscollector_at "spool list"' -l set -x -a '(__nscollector_settings)' -d 'One key of the configuration, over all files; may be repeated'
complete -c nscollector -n '__nscollector_at "spool list"' -s h -l help -d 'Show what can be given'
complete -c nscollector -n '__nscollector_at "spool list"' -l proc -x -a '(__nscollector_directories)' -d 'The host\'s procfs (default /proc)'
complete -c nscollector -n '__nscollector_at "spool list"' -l cgroup -x -a '(__nscollector_directories)' -d 'The directory above the host\'s cgroup hierarchies (default: from mountinfo)'
complete -c nscollector -n '__nscollector_at "spool list"' -l run -x -a '(__nscollector_directories)' -d 'The host\'s /run, where runtimes keep their state (default /run)'
complete -c nscollector -n '__nscollector_at "spool list"' -l sys -x -a '(__nscollector_directories)' -d 'The host\'s sysfs (default /sys)'
complete -c nscollector -n '__nscollector_at "spool show"' -F
complete -c nscollector -n '__nscollector_at "spool show"' -s c -l config -r -F -d 'The configuration file (default /etc/nscollector/nscollector.conf, if it exists)'
complete -c nscollector -n '__nscollector_at "spool show"' -l set -x -a '(__nscollector_settings)' -d 'One key of the configuration, over all files; may be repeated'
complete -c nscollector -n '__nscollector_at "spool show"' -s h -l help -d 'Show what can be given'
complete -c nscollector -n '__nscollector_at "spool show"' -l proc -x -a '(__nscollector_directories)' -d 'The host\'s procfs (default /proc)'
complete -c nscollector -n '__nscollector_at "spool show"' -l cgroup -x -a '(__nscollector_directories)' -d 'The directory above the host\'s cgroup hierarchies (default: from mountinfo)'
complete -c nscollector -n '__nscollector_at "spool show"' -l run -x -a '(__nscollector_directories)' -d 'The host\'s /run, where runtimes keep their state (default /run)'
complete -c nscollector -n '__nscollector_at "spool show"' -l sys -x -a '(__nscollector_directories)' -d 'The host\'s sysfs (default /sys)'
complete -c nscollector -n '__nscollector_at "spool drop"' -F
complete -c nscollector -n '__nscollector_at "spool drop"' -l sink -x -d 'The files of this sink'
complete -c nscollector -n '__nscollector_at "spool drop"' -l older-than -x -d 'Files that were collected longer ago than this'
complete -c nscollector -n '__nscollector_at "spool drop"' -l all -d 'All files of all sinks'
complete -c nscollector -n '__nscollector_at "spool drop"' -s c -l config -r -F -d 'The configuration file (default /etc/nscollector/nscollector.conf, if it exists)'
complete -c nscollector -n '__nscollector_at "spool drop"' -l set -x -a '(__nscollector_settings)' -d 'One key of the configuration, over all files; may be repeated'
complete -c nscollector -n '__nscollector_at "spool drop"' -s h -l help -d 'Show what can be given'
complete -c nscollector -n '__nscollector_at "spool drop"' -l proc -x -a '(__nscollector_directories)' -d 'The host\'s procfs (default /proc)'
complete -c nscollector -n '__nscollector_at "spool drop"' -l cgroup -x -a '(__nscollector_directories)' -d 'The directory above the host\'s cgroup hierarchies (default: from mountinfo)'
complete -c nscollector -n '__nscollector_at "spool drop"' -l run -x -a '(__nscollector_directories)' -d 'The host\'s /run, where runtimes keep their state (default /run)'
complete -c nscollector -n '__nscollector_at "spool drop"' -l sys -x -a '(__nscollector_directories)' -d 'The host\'s sysfs (default /sys)'
complete -c nscollector -n '__nscollector_at "version"' -s h -l help -d 'Show what can be given'
complete -c nscollector -n '__nscollector_at "version"' -l proc -x -a '(__nscollector_directories)' -d 'The host\'s procfs (default /proc)'
complete -c nscollector -n '__nscollector_at "version"' -l cgroup -x -a '(__nscollector_directories)' -d 'The directory above the host\'s cgroup hierarchies (default: from mountinfo)'
complete -c nscollector -n '__nscollector_at "version"' -l run -x -a '(__nscollector_directories)' -d 'The host\'s /run, where runtimes keep their state (default /run)'
complete -c nscollector -n '__nscollector_at "version"' -l sys -x -a '(__nscollector_directories)' -d 'The host\'s sysfs (default /sys)'
